import { h } from './dom.js';

const SHOWN_MS = 8_000;

/** Short messages that come and go, read out by screen readers. */
export class Notices {
  readonly element = h('div', {
    class: 'notices',
    role: 'status',
    'aria-live': 'polite',
    'data-testid': 'notices',
  });

  show(message: string): void {
    const same = Array.from(this.element.children).find((shown) =>
      shown.textContent?.startsWith(message),
    );
    if (same) return;
    const remove = () => {
      clearTimeout(timer);
      notice.remove();
    };
    const dismiss = h('button', { type: 'button', class: 'link', onclick: remove }, 'Dismiss');
    const notice = h('div', { class: 'notice' }, h('span', {}, message), dismiss);
    const timer = setTimeout(remove, SHOWN_MS);
    this.element.append(notice);
  }

  /** A message that stays until its button is pressed. */
  ask(message: string, label: string, action: () => void): void {
    if (this.element.querySelector(`[data-question="${CSS.escape(message)}"]`)) return;
    const answer = () => {
      notice.remove();
      action();
    };
    const button = h('button', { type: 'button', class: 'button small', onclick: answer }, label);
    const notice = h(
      'div',
      { class: 'notice', 'data-question': message },
      h('span', {}, message),
      button,
    );
    this.element.append(notice);
  }
}
