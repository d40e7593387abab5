import { NODATA, NOTFOUND } from 'node:dns';
import type { Resolver } from 'node:dns/promises';

/** What one question to DNS came to. */
export interface Answer {
  /** URLs of hosts, in no order. */
  urls: readonly string[];
  /** What is in it besides, and cannot be a host; for people. */
  wrong?: readonly string[];
  /** Seconds that the answer is good for, if it says so. */
  ttl?: number;
}

export type Outcome =
  | { kind: 'hosts'; ttl?: number }
  | { kind: 'empty'; exists: boolean }
  | { kind: 'failure'; error: Error };

/**
 * One question that is asked again and again, with what is known from its answers. A question that
 * fails leaves that alone; only `emptyAnswers` empty ones in a row mean that there is nothing.
 */
export class Question {
  readonly #ask: (resolver: Resolver) => Promise<Answer>;
  readonly #emptyAnswers: number;
  #known: readonly string[] | undefined;
  #wrong: readonly string[] = [];
  #empty = 0;

  constructor(ask: (resolver: Resolver) => Promise<Answer>, emptyAnswers: number) {
    this.#ask = ask;
    this.#emptyAnswers = emptyAnswers;
  }

  /** Undefined until something is known. */
  get known(): readonly string[] | undefined {
    return this.#known;
  }

  /** What was in the last answer and cannot be a host. */
  get wrong(): readonly string[] {
    return this.#wrong;
  }

  async ask(resolver: Resolver): Promise<Outcome> {
    try {
      const { urls, wrong = [], ttl } = await this.#ask(resolver);

      this.#wrong = wrong;
      if (urls.length === 0) {
        return this.#nothing(true);
      }
      this.#known = urls;
      this.#empty = 0;

      return { kind: 'hosts', ttl };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;

      if (code === NODATA || code === NOTFOUND) {
        return this.#nothing(code === NODATA);
      }

      return { kind: 'failure', error: error as Error };
    }
  }

  #nothing(exists: boolean): Outcome {
    this.#empty += 1;
    if (this.#empty >= this.#emptyAnswers) {
      this.#known = [];
    }

    return { kind: 'empty', exists };
  }
}
