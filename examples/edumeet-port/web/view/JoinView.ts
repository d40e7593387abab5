import { DISPLAY_NAME_LENGTH, ROOM_NAME, type Source } from '../../shared/protocol.js';
import { h, setText } from './dom.js';
import { icon } from './icons.js';

export interface JoinChoice {
  room: string;
  displayName: string;
  sources: Source[];
}

export interface JoinViewOptions {
  /** From the address; without it the form asks for a room. */
  room?: string;
  displayName: string;
  /** Why we are here again, if so. */
  message?: { text: string; bad: boolean };
  onJoin: (choice: JoinChoice) => void;
}

/** Turns what people type into a room's name: `Tea Time` becomes `tea-time`. */
export function roomNameFrom(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, 64);
}

/** The form in front of a room. */
export class JoinView {
  readonly element: HTMLElement;
  readonly #options: JoinViewOptions;
  readonly #room: HTMLInputElement;
  readonly #name: HTMLInputElement;
  readonly #problem = h('p', { class: 'problem', role: 'alert', 'data-testid': 'join-problem' });
  readonly #present = h('p', { class: 'present', 'data-testid': 'present' });
  readonly #sources: Record<Source, HTMLInputElement> = {
    microphone: h('input', { type: 'checkbox', checked: true, 'data-testid': 'join-microphone' }),
    camera: h('input', { type: 'checkbox', checked: true, 'data-testid': 'join-camera' }),
  };

  constructor(options: JoinViewOptions) {
    this.#options = options;
    this.#room = h('input', {
      id: 'room',
      name: 'room',
      value: options.room,
      placeholder: 'for example tea-time',
      autocomplete: 'off',
      autocapitalize: 'none',
      spellcheck: 'false',
      maxlength: 64,
      'data-testid': 'join-room',
    });
    this.#name = h('input', {
      id: 'name',
      name: 'name',
      value: options.displayName,
      placeholder: 'as the others see it',
      autocomplete: 'name',
      maxlength: DISPLAY_NAME_LENGTH,
      'data-testid': 'join-name',
    });
    this.element = this.#createElement();
    if (options.room !== undefined) void this.#showPresent(options.room);
  }

  /** To be called once the form is on the page. */
  focus(): void {
    (this.#room.value === '' ? this.#room : this.#name).focus();
  }

  #createElement(): HTMLElement {
    const { message, room } = this.#options;
    const again = message !== undefined && room !== undefined;
    return h(
      'main',
      { class: 'join' },
      h(
        'form',
        { class: 'card', 'data-testid': 'join-form', novalidate: true, onsubmit: this.#submit },
        h('div', { class: 'logo' }, icon('bowl')),
        h('h1', {}, room === undefined ? 'Meet somebody' : `Join ${room}`),
        message
          ? h('p', { class: message.bad ? 'message bad' : 'message', role: 'status' }, message.text)
          : h('p', { class: 'message' }, 'Video calls in the browser, over mediasoup.'),
        room === undefined ? field('Room', this.#room) : this.#present,
        field('Your name', this.#name),
        h(
          'div',
          { class: 'switches' },
          toggle('Microphone', this.#sources.microphone),
          toggle('Camera', this.#sources.camera),
        ),
        this.#problem,
        h(
          'button',
          { type: 'submit', class: 'button primary', 'data-testid': 'join' },
          again ? 'Join again' : 'Join',
        ),
      ),
    );
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const room = roomNameFrom(this.#room.value);
    const displayName = this.#name.value.trim();
    if (!ROOM_NAME.test(room)) return this.#refuse('Give the room a name.', this.#room);
    if (displayName === '') return this.#refuse('Tell the others your name.', this.#name);
    const sources = (['microphone', 'camera'] as const).filter(
      (source) => this.#sources[source].checked,
    );
    this.#options.onJoin({ room, displayName, sources });
  };

  #refuse(problem: string, input: HTMLInputElement): void {
    setText(this.#problem, problem);
    input.setAttribute('aria-invalid', 'true');
    input.addEventListener('input', () => input.removeAttribute('aria-invalid'), { once: true });
    input.focus();
  }

  /** Says who is in the room already. Not knowing is no problem. */
  async #showPresent(room: string): Promise<void> {
    try {
      const name = encodeURIComponent(room);
      // Also as in the socket's address, for balancers that go by nothing else.
      const response = await fetch(`/api/rooms/${name}?room=${name}`);
      const { peers } = (await response.json()) as { peers: { displayName: string }[] };
      const names = peers.map(({ displayName }) => displayName);
      setText(this.#present, presentText(names));
      this.#present.classList.toggle('somebody', names.length > 0);
    } catch {
      setText(this.#present, '');
    }
  }
}

const NAMED = 3;

function presentText(names: string[]): string {
  if (names.length === 0) return 'Nobody is here yet';
  if (names.length === 1) return `${names[0]} is here`;
  const more = names.length > NAMED ? [`${names.length - NAMED + 1} more`] : [];
  const shown = [...names.slice(0, NAMED - more.length), ...more];
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)} are here`;
}

function field(label: string, input: HTMLInputElement): HTMLElement {
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input);
}

function toggle(label: string, input: HTMLInputElement): HTMLElement {
  return h(
    'label',
    { class: 'switch' },
    h('span', {}, label),
    input,
    h('span', { class: 'switch-track', 'aria-hidden': 'true' }),
  );
}
