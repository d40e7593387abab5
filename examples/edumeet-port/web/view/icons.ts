/** Line icons on a 24 × 24 grid. */
const PATHS = {
  microphone:
    'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z M5.5 11a6.5 6.5 0 0 0 13 0 M12 17.5V21',
  'microphone-off':
    'M9 9v2a3 3 0 0 0 4.8 2.4 M15 10.5V6a3 3 0 0 0-5.7-1.3 M5.5 11a6.5 6.5 0 0 0 10.4 5.2 M18.5 11a6.5 6.5 0 0 1-.6 2.7 M12 17.5V21 M4 4l16 16',
  camera:
    'M4.5 6.5h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z M15.5 11l6-3.5v9l-6-3.5',
  'camera-off':
    'M10 6.5h3.5a2 2 0 0 1 2 2V12 M15.5 13l6 3.5v-9l-6 3.5 M15.3 16.4a2 2 0 0 1-1.8 1.1h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2h.9 M4 4l16 16',
  leave:
    'M4.3 15.6l2.6-1a1.5 1.5 0 0 0 .9-1.6l-.3-1.7a13.6 13.6 0 0 1 9 0l-.3 1.7a1.5 1.5 0 0 0 .9 1.6l2.6 1a1.4 1.4 0 0 0 1.8-.8 4.7 4.7 0 0 0-1.3-5 13 13 0 0 0-16.4 0 4.7 4.7 0 0 0-1.3 5 1.4 1.4 0 0 0 1.8.8z',
  pause: 'M9 6v12 M15 6v12',
  play: 'M8 5.5v13l10.5-6.5z',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2 M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  people:
    'M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11z M2.8 19a6.2 6.2 0 0 1 12.4 0 M16 5a3 3 0 0 1 0 5.8 M18 14a5.6 5.6 0 0 1 3.2 5',
  sound: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z M15.5 9a4.2 4.2 0 0 1 0 6 M18.3 6.5a8 8 0 0 1 0 11',
  bowl: 'M3.5 11h17a8.5 8.5 0 0 1-5.5 7.9V21H9v-2.1A8.5 8.5 0 0 1 3.5 11z M6 8a6.2 6.2 0 0 1 12 0 M12 3.2V2.5',
} as const;

export type IconName = keyof typeof PATHS;

const SVG = 'http://www.w3.org/2000/svg';

/** An icon; decoration only, the button around it carries the label. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'path'));
  setIcon(svg, name);
  return svg;
}

/** Turns an icon into another one. */
export function setIcon(svg: SVGSVGElement, name: IconName): void {
  if (svg.dataset['icon'] === name) return;
  svg.dataset['icon'] = name;
  svg.firstElementChild?.setAttribute('d', PATHS[name]);
}
