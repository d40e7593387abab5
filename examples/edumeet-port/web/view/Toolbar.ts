import type { Source } from '../../shared/protocol.js';
import type { LocalSource } from '../conference/state.js';
import { h, setText } from './dom.js';
import { icon, setIcon, type IconName } from './icons.js';

export interface ToolbarActions {
  toggle(source: Source): void;
  leave(): void;
}

const TEXTS = {
  microphone: { on: 'Mute', off: 'Unmute', key: 'm', testid: 'mute' },
  camera: { on: 'Stop video', off: 'Start video', key: 'v', testid: 'camera' },
} as const;

/** A round button that switches one of our sources. */
class SourceButton {
  readonly element: HTMLButtonElement;
  readonly #source: Source;
  readonly #icon: SVGSVGElement;
  readonly #label = h('span', { class: 'tool-label' });

  constructor(source: Source, onclick: () => void) {
    this.#source = source;
    this.#icon = icon(source);
    const { testid } = TEXTS[source];
    this.element = h(
      'button',
      { type: 'button', class: 'tool', 'data-testid': testid, onclick },
      h('span', { class: 'tool-disc' }, this.#icon),
      this.#label,
    );
  }

  update({ on, busy }: LocalSource): void {
    const { on: whenOn, off, key } = TEXTS[this.#source];
    const text = on ? whenOn : off;
    setText(this.#label, text);
    this.element.title = `${text} (${key.toUpperCase()})`;
    this.element.setAttribute('aria-pressed', String(!on));
    // Not `disabled`: that would take the keyboard focus away.
    this.element.setAttribute('aria-disabled', String(busy));
    this.element.classList.toggle('is-off', !on);
    setIcon(this.#icon, (on ? this.#source : `${this.#source}-off`) as IconName);
  }
}

/** Microphone, camera, leave; also by the keys M and V. */
export class Toolbar {
  readonly element: HTMLElement;
  readonly #buttons: Record<Source, SourceButton>;
  readonly #actions: ToolbarActions;

  constructor(actions: ToolbarActions) {
    this.#actions = actions;
    this.#buttons = {
      microphone: new SourceButton('microphone', () => actions.toggle('microphone')),
      camera: new SourceButton('camera', () => actions.toggle('camera')),
    };
    this.element = h(
      'div',
      { class: 'toolbar', role: 'toolbar', 'aria-label': 'Controls' },
      this.#buttons.microphone.element,
      this.#buttons.camera.element,
      h(
        'button',
        {
          type: 'button',
          class: 'tool tool-leave',
          'data-testid': 'leave',
          title: 'Leave the room',
          onclick: () => actions.leave(),
        },
        h('span', { class: 'tool-disc' }, icon('leave')),
        h('span', { class: 'tool-label' }, 'Leave'),
      ),
    );
    document.addEventListener('keydown', this.#onKey);
  }

  update(microphone: LocalSource, camera: LocalSource): void {
    this.#buttons.microphone.update(microphone);
    this.#buttons.camera.update(camera);
  }

  remove(): void {
    document.removeEventListener('keydown', this.#onKey);
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLElement && event.target.matches('input, select')) return;
    for (const source of ['microphone', 'camera'] as const) {
      if (event.key.toLowerCase() === TEXTS[source].key) this.#actions.toggle(source);
    }
  };
}
