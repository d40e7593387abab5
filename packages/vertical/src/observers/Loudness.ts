/** In dBov. */
export const SILENCE = -127;

/** Decibels per second by which it falls at most, so that short pauses in speech are bridged. */
const RELEASE = 30;

/**
 * Who differs by less than so many decibels for so many milliseconds is a noise, such as a fan: as
 * mediasoup's observer, this one does not take it for speech.
 */
const NOISE = { range: 5, duration: 8000 };

/** How loud somebody speaks, by the reports of an audio level observer. */
export class Loudness {
  readonly #count: number;
  #recent: number[] = [];
  /** What it falls from, since when (milliseconds), and to what. */
  #from = SILENCE;
  #at = 0;
  #to = SILENCE;

  /** @param interval - Of the reports, in milliseconds. */
  constructor(interval: number) {
    this.#count = Math.max(Math.ceil(NOISE.duration / interval), 4);
  }

  /** In dBov, at this moment. */
  get level(): number {
    const fallen = ((performance.now() - this.#at) / 1000) * RELEASE;

    return Math.max(this.#to, this.#from - fallen);
  }

  /** @param volume - In dBov; undefined if the report does not contain it. */
  report(volume: number | undefined): void {
    const before = this.level;

    // A report without it may be due to lost packets, which say nothing about the noise.
    if (volume !== undefined) {
      this.#recent = [...this.#recent, volume].slice(-this.#count);
    }
    this.#to = volume === undefined || this.#isNoise ? SILENCE : volume;
    this.#from = Math.max(this.#to, before);
    this.#at = performance.now();
  }

  get #isNoise(): boolean {
    const range = Math.max(...this.#recent) - Math.min(...this.#recent);

    return this.#recent.length === this.#count && range < NOISE.range;
  }
}
