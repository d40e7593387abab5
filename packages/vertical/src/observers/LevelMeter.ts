import type { types } from 'mediasoup';
import { Loudness, SILENCE } from './Loudness.js';
import type { ObserverPart } from './RealObservers.js';

/** Intervals after which also a meter that has not reported is known to hear nobody. */
const FIRST_INTERVALS = 1.5;

/** More than a router can have producers. */
const ALL = 65_535;

/** Tells how loud each producer of a part is, by a real observer that the application never sees. */
export class LevelMeter {
  readonly #loudness = new Map<string, Loudness>();
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

  /** In dBov. */
  levelOf(producerId: string): number {
    return this.#loudness.get(producerId)?.level ?? SILENCE;
  }

  add(producerId: string): void {
    this.#real?.addProducer({ producerId }).catch(ignore);
  }

  /** @param isOpen - False if the producer has closed, and so has left by itself. */
  remove(producerId: string, isOpen: boolean): void {
    this.#loudness.delete(producerId);
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
    const heard = new Map(volumes.map(({ producer, volume }) => [producer.id, volume]));

    for (const producerId of this.part.producers.keys()) {
      const loudness = this.#loudness.get(producerId) ?? new Loudness(this.interval);

      loudness.report(heard.get(producerId));
      this.#loudness.set(producerId, loudness);
    }
    this.#hasReported = true;
    this.onReport();
  }
}

/** Whatever fails here has closed meanwhile. */
const ignore = (): void => undefined;
