import { h, setText, setTrack } from './dom.js';
import { icon, setIcon } from './icons.js';

/** What a tile shows. */
export interface TileContent {
  id: string;
  name: string;
  self: boolean;
  video?: MediaStreamTrack;
  audio?: MediaStreamTrack;
  /** The picture is on at its sender. */
  cameraOn: boolean;
  microphoneOn: boolean;
  /** 0 to 1. */
  volume: number;
  speaking: boolean;
  /** False while we asked not to be sent this one. */
  receiving: boolean;
  /** Of the picture; undefined while there is none. */
  quality?: TileQuality;
}

export interface TileQuality {
  /** 0 to 10, mediasoup's score. */
  score: number;
  spatialLayer?: number;
  temporalLayer?: number;
  /** How many spatial layers there are to choose from. */
  spatialLayers: number;
  preferred?: number;
}

export interface TileActions {
  setReceiving(peerId: string, receiving: boolean): void;
  setPreferredLayer(peerId: string, layer: number | undefined): void;
  /** The browser wants a click before it plays sound. */
  soundBlocked(): void;
}

const LAYER_NAMES: Record<number, string[]> = {
  2: ['Low', 'High'],
  3: ['Low', 'Medium', 'High'],
};
const AUTOMATIC = 'auto';

/** One participant's picture, sound, name and controls. */
export class Tile {
  readonly element: HTMLElement;
  readonly #id: string;
  readonly #video = h('video', {
    'data-testid': 'tile-video',
    playsinline: true,
    autoplay: true,
    'aria-hidden': 'true',
  });
  readonly #audio = h('audio', { autoplay: true });
  readonly #avatar = h('span', { class: 'avatar', 'aria-hidden': 'true' });
  readonly #note = h('span', { class: 'tile-note' });
  readonly #name = h('span', { class: 'tile-name' });
  readonly #microphone = icon('microphone');
  readonly #mutedText = h('span', { class: 'visually-hidden' });
  readonly #bars = h('span', { class: 'bars', 'aria-hidden': 'true' }, ...bars(4));
  readonly #layers = h('span');
  readonly #size = h('span', { class: 'size' });
  readonly #chip = h(
    'div',
    { class: 'chip quality' },
    this.#bars,
    h('span', { 'data-testid': 'layers' }, this.#layers, this.#size),
  );
  readonly #choice: HTMLSelectElement;
  readonly #pauseIcon = icon('pause');
  readonly #pause: HTMLButtonElement;
  #content: TileContent;

  constructor(content: TileContent, actions: TileActions) {
    this.#content = content;
    this.#id = content.id;
    // Set as a property: the attribute alone does not mute an element made by script.
    this.#video.muted = true;
    this.#video.addEventListener('resize', () => this.update(this.#content));
    this.#audio.addEventListener('canplay', () => {
      this.#audio.play().catch((error: Error) => {
        if (error.name === 'NotAllowedError') actions.soundBlocked();
      });
    });
    this.#choice = this.#createChoice(actions);
    this.#pause = h(
      'button',
      {
        type: 'button',
        class: 'tile-button',
        'data-testid': 'pause',
        onclick: () => actions.setReceiving(this.#id, !this.#content.receiving),
      },
      this.#pauseIcon,
    );
    this.element = this.#createElement();
    this.update(content);
  }

  /** Brings the tile up to date; cheap when nothing changed. */
  update(content: TileContent): void {
    this.#content = content;
    const { element } = this;
    const showVideo = content.cameraOn && content.receiving && content.video !== undefined;
    setTrack(this.#video, content.video);
    setTrack(this.#audio, content.audio);
    element.classList.toggle('active-speaker', content.speaking);
    element.classList.toggle('has-video', showVideo);
    element.classList.toggle('not-received', !content.receiving);
    element.classList.toggle('is-muted', !content.microphoneOn);
    element.style.setProperty('--volume', content.microphoneOn ? content.volume.toFixed(2) : '0');

    const name = content.self ? `${content.name} (you)` : content.name;
    setText(this.#name, name);
    element.setAttribute('aria-label', name);
    setText(this.#avatar, initials(content.name));
    setText(this.#note, content.receiving ? '' : 'Paused by you');
    setIcon(this.#microphone, content.microphoneOn ? 'microphone' : 'microphone-off');
    setText(this.#mutedText, content.microphoneOn ? '' : 'muted');
    this.#updateControls(content);
  }

  remove(): void {
    setTrack(this.#video, undefined);
    setTrack(this.#audio, undefined);
    this.element.remove();
  }

  #updateControls({ name, self, receiving, quality, cameraOn }: TileContent): void {
    this.#pause.hidden = self;
    this.#pause.setAttribute('aria-pressed', String(!receiving));
    const action = receiving ? `Stop receiving ${name}` : `Receive ${name} again`;
    this.#pause.setAttribute('aria-label', action);
    this.#pause.title = action;
    setIcon(this.#pauseIcon, receiving ? 'pause' : 'play');

    const live = quality !== undefined && cameraOn && receiving;
    this.#chip.hidden = !live;
    this.#choice.hidden = !live || quality.spatialLayers < 2;
    if (!quality) return;
    this.#bars.dataset['level'] = String(Math.ceil((quality.score / 10) * 4));
    setText(this.#layers, layersText(quality));
    const { videoWidth, videoHeight } = this.#video;
    // Until the first frame arrives a browser says 2 × 2, or nothing.
    setText(this.#size, videoWidth > 2 ? ` · ${videoWidth}×${videoHeight}` : '');
    this.#chip.title = `Score ${quality.score} of 10, spatial and temporal layer, size`;
    this.#choice.setAttribute('aria-label', `Picture quality of ${name}`);
    this.#offer(quality);
  }

  #offer({ spatialLayers, preferred }: TileQuality): void {
    const names = LAYER_NAMES[spatialLayers] ?? [];
    if (this.#choice.options.length !== spatialLayers + 1) {
      const options = Array.from({ length: spatialLayers }, (_, layer) =>
        h('option', { value: layer }, names[layer] ?? `Layer ${layer}`),
      );
      this.#choice.replaceChildren(h('option', { value: AUTOMATIC }, 'Auto'), ...options.reverse());
    }
    const value = preferred === undefined ? AUTOMATIC : String(preferred);
    if (this.#choice.value !== value) this.#choice.value = value;
  }

  #createChoice(actions: TileActions): HTMLSelectElement {
    const choose = () => {
      const { value } = this.#choice;
      actions.setPreferredLayer(this.#id, value === AUTOMATIC ? undefined : Number(value));
    };
    const attributes = { class: 'tile-choice', 'data-testid': 'quality', onchange: choose };
    return h('select', attributes);
  }

  #createElement(): HTMLElement {
    const element = h(
      'article',
      { class: 'tile', 'data-testid': 'tile', 'data-peer-id': this.#id },
      this.#video,
      this.#audio,
      h('div', { class: 'tile-center' }, this.#avatar, this.#note),
      h(
        'div',
        { class: 'tile-top' },
        this.#chip,
        h('div', { class: 'tile-controls' }, this.#choice, this.#pause),
      ),
      h(
        'div',
        { class: 'chip tile-label' },
        this.#microphone,
        h('span', { class: 'meter', 'data-testid': 'volume', 'aria-hidden': 'true' }, ...bars(3)),
        this.#name,
        this.#mutedText,
      ),
    );
    element.classList.toggle('is-self', this.#content.self);
    element.style.setProperty('--hue', String(hue(this.#content.name)));
    return element;
  }
}

function layersText({ score, spatialLayer, temporalLayer, spatialLayers }: TileQuality): string {
  if (spatialLayers < 2) return `${score}/10`;
  if (spatialLayer === undefined) return `${score}/10 · no layer`;
  return `${score}/10 · S${spatialLayer} T${temporalLayer ?? 0}`;
}

function bars(count: number): HTMLElement[] {
  return Array.from({ length: count }, () => h('i'));
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? '?')][0]?.toUpperCase()).join('');
}

/** Everybody keeps their colour. */
function hue(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)!) % 360;
  return sum;
}
