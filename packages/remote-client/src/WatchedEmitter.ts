import { EnhancedEventEmitter } from './library.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- the events are those of each subclass */
type Listener = (...args: any[]) => void;

/** Called with the name of the event before a listener is added. */
export const listenerAdded = Symbol('listenerAdded');

/**
 * mediasoup's emitter, which also tells that a listener comes. Node's own 'newListener' would be
 * visible to applications and would cost a listener on each object.
 */
export abstract class WatchedEmitter extends EnhancedEventEmitter<any> {
  protected abstract [listenerAdded](event: string): void;

  override on(event: string, listener: Listener): this {
    this[listenerAdded](event);

    return super.on(event, listener);
  }

  override once(event: string, listener: Listener): this {
    this[listenerAdded](event);

    return super.once(event, listener);
  }

  override addListener(event: string, listener: Listener): this {
    this[listenerAdded](event);

    return super.addListener(event, listener);
  }

  override prependListener(event: string, listener: Listener): this {
    this[listenerAdded](event);

    return super.prependListener(event, listener);
  }

  override prependOnceListener(event: string, listener: Listener): this {
    this[listenerAdded](event);

    return super.prependOnceListener(event, listener);
  }
}
