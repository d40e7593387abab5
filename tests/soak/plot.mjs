// Draws the figures of a soak as SVG: small diagrams, a line for each process in each.
import { sidesOf } from './judge.mjs';

const MiB = 1024 * 1024;
const diagrams = [
  {
    of: ({ kept, compiled }) => (kept === undefined ? undefined : kept - compiled),
    title: 'Kept after collecting garbage, without compiled code (MiB)',
    scale: MiB,
  },
  { of: ({ compiled }) => compiled, title: 'Code compiled by V8 (MiB)', scale: MiB },
  { of: ({ rss, young }) => rss - young, title: 'Resident without young heap (MiB)', scale: MiB },
  { of: ({ young }) => young, title: "Young heap: V8's nursery (MiB)", scale: MiB },
  { of: ({ handles }) => handles, title: 'Active handles', scale: 1 },
  { of: ({ fds }) => fds, title: 'Open file descriptors', scale: 1 },
];
const colours = {
  daemon: '#b5452c',
  cluster: '#b5452c',
  'upstream 1': '#3c8a3f',
  'upstream 2': '#8a5bb0',
  app: '#2c6fb5',
};
const width = 460;
const height = 220;
const margin = { left: 52, right: 74, top: 34, bottom: 34 };

const escape = (text) => String(text).replace(/[<&>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A number at or above the value that reads well on an axis. */
function niceCeiling(value) {
  const unit = 10 ** Math.floor(Math.log10(value || 1));

  return [1, 2, 2.5, 5, 10].map((step) => step * unit).find((step) => step >= value);
}

function diagram(all, { of, title, scale }) {
  const end = all.at(-1).seconds;
  // Not every sample has every figure.
  const samples = all.filter((sample) => of(sample.app) !== undefined);
  const sides = sidesOf(all);
  const top = niceCeiling(
    Math.max(...samples.flatMap((sample) => sides.map((side) => of(sample[side])))) / scale,
  );
  const inner = [width - margin.left - margin.right, height - margin.top - margin.bottom];
  const x = (seconds) => margin.left + (seconds / end) * inner[0];
  const y = (value) => margin.top + (1 - value / top) * inner[1];
  const parts = [`<text x="${margin.left}" y="18" class="title">${escape(title)}</text>`];

  for (const step of [0, 0.5, 1]) {
    const at = y(top * step);

    parts.push(
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}" class="grid"/>`,
      `<text x="${margin.left - 6}" y="${at + 4}" text-anchor="end">${top * step}</text>`,
    );
  }
  for (const step of [0, 0.5, 1]) {
    const minutes = Math.round((end * step) / 6) / 10;

    parts.push(
      `<text x="${x(end * step)}" y="${height - 12}" text-anchor="middle">${minutes} min</text>`,
    );
  }

  const ends = [];

  for (const side of sides) {
    const points = samples.map((sample) => [x(sample.seconds), y(of(sample[side]) / scale)]);
    let [labelX, labelY] = points.at(-1);

    // Names that would cover each other step aside.
    while (ends.some((other) => Math.abs(other - labelY) < 13)) labelY += 1;
    ends.push(labelY);
    parts.push(
      `<polyline points="${points.map((point) => point.map((n) => n.toFixed(1)).join()).join(' ')}" stroke="${colours[side]}"/>`,
      `<text x="${labelX + 5}" y="${labelY + 4}" fill="${colours[side]}">${side}</text>`,
    );
  }

  return parts.join('\n');
}

/** @param samples - `{ seconds, daemon: {…}, app: {…} }` each, or of more processes. */
export function plot(samples, title) {
  const body = diagrams.map((each, index) => {
    const at = `translate(${(index % 2) * width} ${Math.floor(index / 2) * height + 30})`;

    return `<g transform="${at}">\n${diagram(samples, each)}\n</g>`;
  });
  const size = [2 * width, Math.ceil(diagrams.length / 2) * height + 30];

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}">
<style>
text { font: 11px sans-serif; fill: #444 }
.title { font-weight: bold; fill: #111 }
.grid { stroke: #ddd }
polyline { fill: none; stroke-width: 1.5 }
</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="16" y="22" class="title" style="font-size: 14px">${escape(title)}</text>
${body.join('\n')}
</svg>
`;
}
