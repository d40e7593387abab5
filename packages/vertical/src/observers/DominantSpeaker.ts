import type { types } from 'mediasoup';
import { LevelMeter } from './LevelMeter.js';
import type { ObserverPart } from './RealObservers.js';

/** Decibels by which somebody must be louder than the dominant speaker, and milliseconds. */
const CHALLENGE = { margin: 6, duration: 300 };

interface Speaker {
  part: ObserverPart;
  producerId: string;
}

export interface DominantSpeakerOptions {
  /** Of the meters, in milliseconds. */
  interval: number;
  /** The real observers that have producers. */
  active(): ObserverPart[];
  isPaused(): boolean;
  producerOf(producerId: string): types.Producer | undefined;
  tell(producer: types.Producer): void;
}

/**
 * Chooses one among the dominant speakers of several real routers. While there are several, a meter
 * in each compares them; one alone has the last word.
 */
export class DominantSpeaker {
  readonly #locals = new Map<ObserverPart, string>();
  readonly #meters = new Map<ObserverPart, LevelMeter>();
  #current: Speaker | undefined;
  #challenge: { producerId: string; since: number } | undefined;
  #closed = false;

  constructor(private readonly options: DominantSpeakerOptions) {}

  meterIds(): string[] {
    return [...this.#meters.values()].flatMap(({ id }) => id ?? []);
  }

  /** A real observer tells the dominant speaker of its real router. */
  announced(part: ObserverPart, producerId: string): void {
    this.#locals.set(part, producerId);
    if (!part.producers.has(producerId)) {
      return;
    }
    if (this.#current?.part === part || this.options.active().length === 1) {
      this.#tell({ part, producerId });
    } else {
      this.#choose();
    }
  }

  joined(part: ObserverPart, producerId: string): void {
    this.#meters.get(part)?.add(producerId);
    this.updateMeters();
    if (this.#locals.get(part) === producerId) {
      this.announced(part, producerId);
    }
  }

  left(part: ObserverPart, producerId: string): void {
    const isOpen = this.options.producerOf(producerId)?.closed === false;

    this.#meters.get(part)?.remove(producerId, isOpen);
    this.updateMeters();
    if (this.#locals.get(part) === producerId) {
      this.#locals.delete(part);
    }
    if (this.#current?.producerId === producerId) {
      this.#current = undefined;
    }
    // Otherwise its real observer names the next one right now.
    if (!this.#current && part.producers.size === 0) {
      this.#choose();
    }
  }

  lost(part: ObserverPart): void {
    this.#locals.delete(part);
    this.updateMeters();
    if (this.#current?.part === part) {
      this.#current = undefined;
    }
    if (!this.#current) {
      // It may be that everything is about to close.
      setImmediate(() => this.#choose());
    }
  }

  /** Has meters exactly where they are needed. */
  updateMeters(): void {
    const active = this.#closed || this.options.isPaused() ? [] : this.options.active();
    const wanted = new Set(active.length > 1 ? active : []);

    for (const [part, meter] of this.#meters) {
      if (!wanted.has(part)) {
        meter.close();
        this.#meters.delete(part);
      }
    }
    for (const part of wanted) {
      if (!this.#meters.has(part)) {
        this.#meters.set(part, new LevelMeter(part, this.options.interval, () => this.#choose()));
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#current = undefined;
    this.updateMeters();
  }

  #choose(): void {
    const [best] = this.#candidates();

    if (!best || (this.#current && !this.#beatsCurrent(best))) {
      return;
    }
    this.#tell(best);
  }

  /** The loudest first; who has paused comes last. */
  #candidates(): Speaker[] {
    return this.options
      .active()
      .flatMap((part) => {
        const producerId = this.#locals.get(part);
        const producer = producerId && part.producers.has(producerId) && producerId;

        return producer ? [{ part, producerId: producer }] : [];
      })
      .sort((one, other) => this.#levelOf(other) - this.#levelOf(one));
  }

  #levelOf({ part, producerId }: Speaker): number {
    return this.options.producerOf(producerId)?.paused
      ? -Infinity
      : (this.#meters.get(part)?.levelOf(producerId) ?? -Infinity);
  }

  /** Only who is louder for some time takes over, so that it does not change at every word. */
  #beatsCurrent(speaker: Speaker): boolean {
    const current = this.#current as Speaker;
    const areComparable = [current, speaker].every(({ part }) => this.#meters.get(part)?.isReady);
    const { producerId } = speaker;

    if (!areComparable || this.#levelOf(speaker) < this.#loudness(current) + CHALLENGE.margin) {
      this.#challenge = undefined;

      return false;
    }
    if (this.#challenge?.producerId !== producerId) {
      this.#challenge = { producerId, since: performance.now() };
    }

    return performance.now() - this.#challenge.since >= CHALLENGE.duration;
  }

  /** Of the dominant speaker, for whom a pause is just silence. */
  #loudness({ part, producerId }: Speaker): number {
    return this.#meters.get(part)?.levelOf(producerId) ?? -Infinity;
  }

  #tell(speaker: Speaker): void {
    const producer = this.options.producerOf(speaker.producerId);

    this.#challenge = undefined;
    if (!this.#closed && producer && this.#current?.producerId !== speaker.producerId) {
      this.#current = speaker;
      this.options.tell(producer);
    }
  }
}
