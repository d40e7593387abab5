import { Counter, type Histogram, type Registry } from 'prom-client';

export interface TallyOptions {
  name: string;
  help: string;
  labelNames: readonly string[];
  registry: Registry;
}

interface Entry {
  readonly labels: Record<string, string>;
  count: number;
}

/*
 * prom-client checks the labels and makes a text of them each time that something is counted, which
 * is a tenth of what a simple call costs this process. These look their labels up, and speak to
 * prom-client only when somebody asks for the figures.
 */

/** A counter with labels. */
export class Tally {
  readonly #entries = new Map<string, Entry>();
  readonly #labelNames: readonly string[];

  constructor({ name, help, labelNames, registry }: TallyOptions) {
    const entries = this.#entries;

    this.#labelNames = labelNames;
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, count } of entries.values()) {
          this.inc(labels, count);
        }
      },
    });
  }

  /** @param values - Of the labels, in their order. */
  add(count: number, first: string, second = '', third = ''): void {
    const key = `${first}\n${second}\n${third}`;
    const entry = this.#entries.get(key);

    if (entry) {
      entry.count += count;
    } else {
      const labels = labelled(this.#labelNames, [first, second, third]);

      this.#entries.set(key, { labels, count });
    }
  }
}

interface Distribution {
  readonly labels: Record<string, string>;
  /** How many were in each bucket and in none lower; the last one has no upper bound. */
  readonly counts: number[];
  sum: number;
}

export interface TimesOptions extends TallyOptions {
  /** Upper bounds in seconds, rising. */
  buckets: readonly number[];
}

/** A histogram with two labels. */
export class Times {
  readonly #distributions = new Map<string, Distribution>();
  readonly #options: TimesOptions;

  constructor(options: TimesOptions) {
    const { name, help, registry } = options;
    const get = async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...this.#distributions.values()].flatMap((each) => this.#valuesOf(each)),
    });

    this.#options = options;
    // All that a registry asks of a metric.
    registry.registerMetric({ name, get } as unknown as Histogram);
  }

  observe(seconds: number, first: string, second: string): void {
    const { buckets, labelNames } = this.#options;
    const key = `${first}\n${second}`;
    let distribution = this.#distributions.get(key);

    if (!distribution) {
      const labels = labelled(labelNames, [first, second]);

      distribution = { labels, counts: Array<number>(buckets.length + 1).fill(0), sum: 0 };
      this.#distributions.set(key, distribution);
    }

    let index = 0;

    while (index < buckets.length && seconds > (buckets[index] as number)) {
      index += 1;
    }
    distribution.counts[index] = (distribution.counts[index] as number) + 1;
    distribution.sum += seconds;
  }

  #valuesOf({ labels, counts, sum }: Distribution): object[] {
    const { name, buckets } = this.#options;
    let count = 0;
    const bounds = counts.map((inBucket, index) => {
      count += inBucket;

      return {
        labels: { le: buckets[index] ?? '+Inf', ...labels },
        value: count,
        metricName: `${name}_bucket`,
      };
    });

    return [
      ...bounds,
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ];
  }
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}
