import type { types } from 'mediasoup';
import type { ObserverPart } from './RealObservers.js';

type Volume = types.AudioLevelObserverVolume;

/**
 * Share of an interval that must have passed since volumes were told, for a report of the one that
 * sets the pace, and of another one, which sets it from then on.
 */
const DUE = { leader: 0.5, other: 0.9 };

interface Report {
  volumes: Volume[];
  silent: boolean;
}

export interface VolumeMergerOptions {
  maxEntries: number;
  /** In milliseconds. */
  interval: number;
  /** The real observers that have producers. */
  active(): ObserverPart[];
  /** The producer that the application knows; undefined if it has closed. */
  producerOf(producerId: string): types.Producer | undefined;
  tellVolumes(volumes: Volume[]): void;
  tellSilence(): void;
}

/**
 * Makes one audio level observer's events of those of several, which report at the same pace but
 * not at the same time. One of them that hears somebody sets the pace: with each of its reports
 * goes the latest one of every other, so that no clock is needed here.
 */
export class VolumeMerger {
  readonly #reports = new Map<ObserverPart, Report>();
  #leader: ObserverPart | undefined;
  #toldAt = -Infinity;
  /** Somebody was heard since then. */
  #hasNews = false;
  #silent = true;
  #settling: NodeJS.Timeout | undefined;

  constructor(private readonly options: VolumeMergerOptions) {}

  opened(part: ObserverPart): void {
    this.#reports.set(part, { volumes: [], silent: true });
  }

  volumes(part: ObserverPart, volumes: Volume[]): void {
    const members = volumes.filter(({ producer }) => part.producers.has(producer.id));

    this.#reports.set(part, { volumes: members, silent: false });
    if (members.length === 0) {
      return;
    }
    if (!this.#areSeveral) {
      this.#silent = false;
      this.#tell(part);
    } else {
      this.#hasNews = true;
      if (this.#isDue(part === this.#leader ? DUE.leader : DUE.other)) {
        this.#tell(part);
      }
    }
  }

  silence(part: ObserverPart): void {
    this.#reports.set(part, { volumes: [], silent: true });
    if (part === this.#leader) {
      this.#leader = this.#loud();
      if (this.#hasNews && this.#isDue(DUE.leader)) {
        this.#tell(this.#leader);
      }
    }
    this.#settle();
  }

  left(part: ObserverPart, producerId: string): void {
    const report = this.#reports.get(part);

    if (report) {
      report.volumes = report.volumes.filter(({ producer }) => producer.id !== producerId);
    }
  }

  /** It will not tell any more that it has become silent. */
  lost(part: ObserverPart): void {
    this.#reports.delete(part);
    if (part === this.#leader) {
      this.#leader = this.#loud();
    }
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#settle();
    }, this.options.interval).unref();
  }

  close(): void {
    clearTimeout(this.#settling);
  }

  get #areSeveral(): boolean {
    return this.options.active().length > 1;
  }

  #isDue(share: number): boolean {
    return performance.now() - this.#toldAt >= this.options.interval * share;
  }

  #loud(): ObserverPart | undefined {
    return [...this.#reports].find(([, { silent }]) => !silent)?.[0];
  }

  #tell(leader: ObserverPart | undefined): void {
    const volumes = this.#merged();

    if (volumes.length > 0) {
      this.#leader = leader;
      this.#toldAt = performance.now();
      this.#hasNews = false;
      this.#silent = false;
      this.options.tellVolumes(volumes);
    }
  }

  #merged(): Volume[] {
    // What others reported may be of the time before a pause.
    const { maxEntries, producerOf } = this.options;
    const areSeveral = this.#areSeveral;

    return [...this.#reports.values()]
      .flatMap(({ volumes }) => volumes)
      .flatMap(({ producer: { id }, volume }) => {
        const producer = producerOf(id);

        return producer && !(areSeveral && producer.paused) ? [{ producer, volume }] : [];
      })
      .sort((one, other) => other.volume - one.volume)
      .slice(0, maxEntries);
  }

  #settle(): void {
    if (!this.#silent && !this.#loud()) {
      this.#silent = true;
      this.#hasNews = false;
      this.options.tellSilence();
    }
  }
}
