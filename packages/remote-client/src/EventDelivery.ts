import { errorFromWire, MessageType, type ErrorClasses, type Peer } from '@tureen/protocol';
import type { EventMessage, WireError } from '@tureen/protocol';
import type { Core } from './Core.js';
import { observerOf } from './Mirror.js';
import { namingOpenProducers } from './namingOpenProducers.js';
import type { ObjectTable } from './ObjectTable.js';

export interface EventDeliveryOptions {
  objects: ObjectTable;
  peer: Peer;
  errorClasses: ErrorClasses;
  onWorkerDied(error: Error): void;
}

/** Events of an object that mediasoup emits even after the application has closed it. */
const afterClose = new Set(['subprocessclose', 'pause', 'resume', 'addproducer', 'removeproducer']);

/** Emits what the server says that objects have emitted, and says which events nobody wants. */
export class EventDelivery {
  readonly #options: EventDeliveryOptions;

  constructor(options: EventDeliveryOptions) {
    this.#options = options;
  }

  /** A listener comes: if the event had been muted, it is wanted again. */
  unmute(core: Core, event: string, observer: boolean): void {
    if (core.muted?.delete(muteKey(event, observer))) {
      this.#options.peer.send([MessageType.listen, core.handle, event, observer, true]);
    }
  }

  deliver([type, handle, event, args]: EventMessage): void {
    const { objects } = this.#options;
    const core = objects.get(handle);

    if (!core || (core.closedLocally && !isHeardAfterClose(core, event))) {
      return;
    }

    const observer = type === MessageType.observerEvent;
    const emitter = observer ? observerOf(core.mirror) : core.mirror;
    const how = (observer ? core.row.observer : core.row.events)[event];

    if ((how === 'stream' || how === 'lossy') && !emitter?.listenerCount(event)) {
      this.#mute(core, event, observer);
    } else if (event === 'died') {
      this.#died(core, args[0] as WireError);
    } else if (how === 'reference') {
      const named = namingOpenProducers(event, objects.dereference(args));

      if (named) {
        emitter?.safeEmit(event, ...named);
      }
    } else {
      emitter?.safeEmit(event, ...args);
    }
  }

  #mute(core: Core, event: string, observer: boolean): void {
    (core.muted ??= new Set()).add(muteKey(event, observer));
    this.#options.peer.send([MessageType.listen, core.handle, event, observer, false]);
  }

  #died(core: Core, wire: WireError): void {
    const error = errorFromWire(wire, this.#options.errorClasses);

    core.mirror.safeEmit('died', error);
    this.#options.onWorkerDied(error);
  }
}

function isHeardAfterClose({ kind, worker, unheard }: Core, event: string): boolean {
  if (kind !== 'worker' && worker?.closedLocally) {
    // The calls under way were aborted, so there is nothing that they could have caused.
    return false;
  }

  return afterClose.has(event) && !(unheard && (event === 'pause' || event === 'resume'));
}

function muteKey(event: string, observer: boolean): string {
  return observer ? `observer:${event}` : event;
}
