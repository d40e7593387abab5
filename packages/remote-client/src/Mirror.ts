import { inspect, type InspectOptions } from 'node:util';
import type { Core } from './Core.js';
import type { EnhancedEventEmitter } from './library.js';
import { loggerOf } from './loggers.js';
import { listenerAdded, WatchedEmitter } from './WatchedEmitter.js';

export const closing = Symbol('closing');
export const created = Symbol('created');
export const announced = Symbol('announced');

/** What a class may add to the life of its objects. */
export interface Hooks {
  /**
   * The object is closing: its children have, its observer does not know yet.
   *
   * @param byApplication - By its own close(), as opposed to with its owner.
   */
  [closing](byApplication: boolean): void;
  /** The object came into being: its owner has it, nobody else knows yet. */
  [created](): void;
  /** The object's owner has told of it; the call that created it has not resolved yet. */
  [announced](options: unknown): void;
}

/** Only the class itself can reach its private fields; this door is for the rest of the package. */
export let coreOf: (mirror: object) => Core;
/** The observer if anybody has asked for it yet. */
export let observerOf: (mirror: Mirror) => WatchedEmitter | undefined;

class Observer extends WatchedEmitter {
  readonly #core: Core;

  constructor(core: Core) {
    super();
    this.#core = core;
  }

  protected override [listenerAdded](event: string): void {
    this.#core.session.events.unmute(this.#core, event, true);
  }
}

/** What all remote objects are. Nothing in it is enumerable, so that logs of it stay small. */
export abstract class Mirror extends WatchedEmitter implements Hooks {
  readonly #core: Core;
  #observer: Observer | undefined;

  static {
    coreOf = (mirror) => (mirror as Mirror).#core;
    observerOf = (mirror) => mirror.#observer;
  }

  constructor(core: Core) {
    super();
    this.#core = core;
    core.mirror = this;
  }

  get closed(): boolean {
    return this.#core.closed;
  }

  /** The application's own object, never a copy. */
  get appData(): unknown {
    return this.#core.appData;
  }

  set appData(appData: unknown) {
    this.#core.appData = appData;
  }

  get observer(): EnhancedEventEmitter {
    return (this.#observer ??= new Observer(this.#core));
  }

  /** As mediasoup's, which also logs what a listener throws. */
  override safeEmit(event: string, ...args: unknown[]): boolean {
    try {
      return super.emit(event, ...args);
    } catch (error) {
      loggerOf(this.#core.kind).error(
        `event listener threw an error [eventName:${event}]:`,
        error as Error,
      );
      try {
        super.emit('listenererror', event, error as Error);
      } catch {
        // A listener of 'listenererror' that throws has had its chance.
      }

      return this.listenerCount(event) > 0;
    }
  }

  [closing](_byApplication: boolean): void {
    // Nothing for most.
  }

  [created](): void {
    // Nothing for most.
  }

  [announced](_options: unknown): void {
    // Nothing for most.
  }

  toJSON(): Record<string, unknown> {
    const { state, closed } = this.#core;
    const simple = Object.entries(state).filter(([, value]) => typeof value !== 'object');

    return { ...Object.fromEntries(simple), closed };
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
  }

  protected override [listenerAdded](event: string): void {
    this.#core.session.events.unmute(this.#core, event, false);
  }
}
