import { EventEmitter } from 'node:events';
import type { extras } from 'mediasoup';

/** Does what mediasoup's own emitter does, without a copy of mediasoup at run time. */
class Emitter extends EventEmitter {
  constructor() {
    super();
    this.setMaxListeners(Infinity);
  }

  /** Emits; what a listener throws is told by 'listenererror' and does not reach the caller. */
  safeEmit(event: string, ...args: unknown[]): boolean {
    try {
      return this.emit(event, ...args);
    } catch (error) {
      try {
        this.emit('listenererror', event, error);
      } catch {
        // As in mediasoup: whoever listens to errors of listeners has to get by without throwing.
      }

      return this.listenerCount(event) > 0;
    }
  }
}

// The types of mediasoup's emitter are made for subclasses that name their events.
export const MediasoupEmitter = Emitter as unknown as typeof extras.EnhancedEventEmitter;
