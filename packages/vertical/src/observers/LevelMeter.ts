import type { types } from 'mediasoup';
import type { ObserverPart } from './RealObservers.js';

/** Levels in dBov. */
const SILENCE = -127;

/** Decibels per second by which a level falls at most, so that pauses in speech are bridged. */
const RELEASE = 30;

/** Intervals after which also a meter that has not reported is known to hear nobody. */
const FIRST_INTERVALS = 1.5;

/** More than a router can have producers. */
const ALL = 65_535;

interface Level {
  /** What it falls from, since when (milliseconds), and to what. */
  from: number;
  at: number;
  to: number;
}

/** Tells how loud each producer of a part is, by a real observer that the application never sees. */
export class LevelMeter {
  readonly #levels = new Map<string, Level>();
  #real: types.AudioLevelObserver | undefined;
  #since = Infinity;
  #hasReported = false;
  #closed = false;

  /**
   * @param interval - In milliseconds.
   * @param onReport - Called when levels have changed.
   */
  constructor(
    private readonly part: ObserverPart,
    private readonly interval: number,
    private readonly onReport: () => void,
  ) {
    // Without it nobody can challenge the dominant speaker, which beats failing altogether.
    this.#open().catch(ignore);
  }

  /** Id of the real observer, when there is one. */
  get id(): string | undefined {
    return this.#real?.id;
  }

  /** Whether levels mean something yet. */
  get isReady(): boolean {
    const elapsed = performance.now() - this.#since;

    return this.#hasReported || elapsed >= this.interval * FIRST_INTERVALS;
  }

  levelOf(producerId: string): number {
    const level = this.#levels.get(producerId);

    if (!level) {
      return SILENCE;
    }

    const fallen = ((performance.now() - level.at) / 1000) * RELEASE;

    return Math.max(level.to, level.from - fallen);
  }

  add(producerId: string): void {
    this.#real?.addProducer({ producerId }).catch(ignore);
  }

  /** @param isOpen - False if the producer has closed, and so has left by itself. */
  remove(producerId: string, isOpen: boolean): void {
    this.#levels.delete(producerId);
    if (isOpen) {
      this.#real?.removeProducer({ producerId }).catch(ignore);
    }
  }

  close(): void {
    this.#closed = true;
    this.#real?.close();
    this.#real = undefined;
  }

  async #open(): Promise<void> {
    const real = await this.part.router.createAudioLevelObserver({
      maxEntries: ALL,
      threshold: SILENCE,
      interval: this.interval,
    });

    if (this.#closed) {
      real.close();

      return;
    }
    this.#real = real;
    this.#since = performance.now();
    real.on('volumes', (volumes) => this.#report(volumes));
    real.on('silence', () => this.#report([]));
    for (const producerId of this.part.producers.keys()) {
      this.add(producerId);
    }
  }

  #report(volumes: types.AudioLevelObserverVolume[]): void {
    const at = performance.now();
    const heard = new Map(volumes.map(({ producer, volume }) => [producer.id, volume]));

    for (const producerId of this.part.producers.keys()) {
      const to = heard.get(producerId) ?? SILENCE;

      this.#levels.set(producerId, { from: Math.max(to, this.levelOf(producerId)), at, to });
    }
    this.#hasReported = true;
    this.onReport();
  }
}

/** Whatever fails here has closed meanwhile. */
const ignore = (): void => undefined;
