import type { ConferenceState, ConnectionState } from '../conference/state.js';
import { h, setText } from './dom.js';
import { icon, setIcon } from './icons.js';

const SHORT: Record<ConnectionState, string> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  unstable: 'Unstable',
  reconnecting: 'Reconnecting…',
  'media-away': 'Waiting for media…',
  left: 'Left',
  failed: 'Failed',
};

const LONG: Partial<Record<ConnectionState, string>> = {
  unstable: 'Your network is unstable. Trying to find another way…',
  reconnecting: 'The connection to the server is lost. You are back as soon as it answers.',
  'media-away': 'The media server is away. You are back as soon as it answers.',
};

const COPIED_MS = 2_000;

/** The line above the tiles: room, people, connection, link to share; and what is wrong, if so. */
export class StatusBar {
  readonly element: HTMLElement;
  readonly banner = h('div', { class: 'banner', role: 'alert', 'data-testid': 'banner' });
  readonly #count = h('span', { 'data-testid': 'people' });
  readonly #connection = h('span', { 'data-testid': 'connection', role: 'status' });
  readonly #pill = h('div', { class: 'pill connection' }, h('i'), this.#connection);
  readonly #shareIcon = icon('link');
  readonly #shareText = h('span', { class: 'share-label' }, 'Copy link');

  constructor(room: string) {
    this.element = h(
      'header',
      { class: 'status-bar' },
      h('span', { class: 'brand' }, icon('bowl')),
      h('h1', { class: 'room-name', title: room }, room),
      h('div', { class: 'pill people', title: 'People in this room' }, icon('people'), this.#count),
      h('span', { class: 'spring' }),
      this.#pill,
      h(
        'button',
        {
          type: 'button',
          class: 'button ghost share',
          'aria-label': 'Copy the link to this room',
          'data-testid': 'share',
          onclick: () => void this.share(),
        },
        this.#shareIcon,
        this.#shareText,
      ),
    );
  }

  update({ connection, peers }: ConferenceState): void {
    setText(this.#count, String(peers.size + 1));
    setText(this.#connection, SHORT[connection]);
    this.#pill.dataset['state'] = connection;
    const problem = LONG[connection] ?? '';
    setText(this.banner, problem);
    this.banner.hidden = problem === '';
  }

  async share(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      setText(this.#shareText, 'Copied');
      setIcon(this.#shareIcon, 'check');
    } catch {
      setText(this.#shareText, 'Not allowed');
    }
    setTimeout(() => {
      setText(this.#shareText, 'Copy link');
      setIcon(this.#shareIcon, 'link');
    }, COPIED_MS);
  }
}
