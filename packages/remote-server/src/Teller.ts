import { MessageType, type EventRow, type LogLevel, type Peer } from '@tureen/protocol';
import { encodeArguments } from './encodeArguments.js';
import type { Meter } from './Meter.js';
import type { Registry } from './Registry.js';
import type { Tracked } from './Tracked.js';

export interface TellerOptions {
  sendFullErrors: boolean;
  /** Bytes waiting to leave from which on lossy events are dropped. */
  lossyBacklog: number;
  meter: Meter;
}

/** Tells the client what became of its objects: each event, and before it what has changed. */
export class Teller {
  readonly #peer: Peer;
  readonly #registry: Registry;
  readonly #options: TellerOptions;

  constructor(peer: Peer, registry: Registry, options: TellerOptions) {
    this.#peer = peer;
    this.#registry = registry;
    this.#options = options;
  }

  tellEvent(
    tracked: Tracked,
    event: string,
    observer: boolean,
    how: EventRow,
    args: unknown[],
  ): void {
    const { lossyBacklog, sendFullErrors, meter } = this.#options;

    if (how === 'lossy' && this.#peer.backlog > lossyBacklog) {
      meter.dropped(tracked.kind, event);

      return;
    }
    meter.told(tracked.kind, event);
    // When an end begins at the top, everything above has already closed.
    for (let above = how === 'close' ? tracked.owner : undefined; above; above = above.owner) {
      this.tellChanges(above);
    }
    // Packets change nothing, and are too many to look each time.
    if (how !== 'lossy') {
      this.tellChanges(tracked);
    }
    this.#peer.send(
      [
        observer ? MessageType.observerEvent : MessageType.event,
        tracked.handle,
        event,
        encodeArguments(how, args, this.#registry, sendFullErrors),
      ],
      how === 'lossy' ? 'lossy' : how === 'stream' ? 'patient' : 'prompt',
    );
  }

  /** Not if too much waits already: a worker can write any number of lines while its client is away. */
  tellLog(level: LogLevel, namespace: string, text: string, worker?: object): void {
    if (this.#peer.full) {
      this.#options.meter.dropped('worker', 'log');
    } else {
      const handle = worker && this.#registry.findObject(worker)?.handle;

      this.#peer.send([MessageType.log, level, namespace, text, handle]);
    }
  }

  /** Fields of the object that have changed since the client was last told. */
  tellChanges(tracked: Tracked | undefined): void {
    if (tracked && tracked.kind !== 'mediasoup') {
      const changes = tracked.takeChanges();

      if (changes) {
        this.#peer.send([MessageType.patch, tracked.handle, changes]);
      }
    }
  }
}
