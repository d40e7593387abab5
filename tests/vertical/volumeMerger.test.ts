import type { types } from 'mediasoup';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ObserverPart } from '../../packages/vertical/src/observers/RealObservers.js';
import { VolumeMerger } from '../../packages/vertical/src/observers/VolumeMerger.js';

const INTERVAL = 1000;
const INTERVALS = 40;

/** A real observer's report of its only producer. */
interface Report {
  at: number;
  id: string;
  loud: boolean;
}

interface Told {
  at: number;
  /** Who is loud; nobody when it is silence. */
  ids: string[];
}

/** Numbers from 0 to 1, the same for each seed. */
function randomOf(seed: number): () => number {
  let state = seed * 7919 + 1;

  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;

    return state / 2 ** 32;
  };
}

/** What a real observer tells of somebody who speaks now and then, at a pace that is not exact. */
function reportsOf(id: string, jitter: number, random: () => number): Report[] {
  const phase = random() * INTERVAL;
  const reports: Report[] = [];
  let loud = random() < 0.5;
  let silent = true;

  for (let index = 0; index < INTERVALS; index++) {
    const at = phase + index * INTERVAL + random() * jitter;

    loud = index < INTERVALS - 3 && (random() < 0.2 ? !loud : loud);
    if (loud || !silent) reports.push({ at, id, loud });
    silent = !loud;
  }

  return reports;
}

/** As `reports` come, what is told of them. */
function merge(reports: Report[]): Told[] {
  const start = performance.now();
  const told: Told[] = [];
  const parts = new Map<string, ObserverPart>();
  const tell = (ids: string[]) => told.push({ at: performance.now() - start, ids });
  const merger = new VolumeMerger({
    maxEntries: 10,
    interval: INTERVAL,
    active: () => [...parts.values()],
    producerOf: (id) => ({ id, paused: false }) as types.Producer,
    tellVolumes: (volumes) => tell(volumes.map(({ producer }) => producer.id)),
    tellSilence: () => tell([]),
  });

  for (const { id } of reports) {
    if (parts.has(id)) continue;
    parts.set(id, { producers: new Map([[id, () => {}]]) } as unknown as ObserverPart);
    merger.opened(parts.get(id)!);
  }
  for (const { at, id, loud } of reports) {
    vi.advanceTimersByTime(Math.max(start + at - performance.now(), 0));
    if (loud) {
      merger.volumes(parts.get(id)!, [{ producer: { id } as types.Producer, volume: -10 }]);
    } else {
      merger.silence(parts.get(id)!);
    }
  }
  merger.close();

  return told;
}

describe('reports of several real observers', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());

  test.each(Array.from({ length: 100 }, (_, seed) => seed))('at any times (%i)', (seed) => {
    const random = randomOf(seed);
    const ids = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, index) => `p${index}`);
    const jitter = random() * 0.12 * INTERVAL;
    const all = ids.map((id) => reportsOf(id, jitter, random));
    const told = merge(all.flat().sort((one, other) => one.at - other.at));
    const volumes = told.filter((event) => event.ids.length > 0);

    // They come at the pace of one observer.
    for (const [index, { at }] of volumes.slice(1).entries()) {
      expect(at - volumes[index]!.at).toBeGreaterThanOrEqual(INTERVAL / 2 - 1);
    }
    expect(volumes.length).toBeLessThanOrEqual(INTERVALS + 1);

    // Silence is told once, and in the end it is silent.
    for (const [index, event] of told.slice(1).entries()) {
      expect(event.ids.length + told[index]!.ids.length).toBeGreaterThan(0);
    }
    expect(told.at(-1)?.ids ?? []).toEqual([]);

    // Whoever is heard in two intervals is named between the first report and the last.
    for (const reports of all) {
      for (const [index, { at: end, loud, id }] of reports.entries()) {
        const [first, second] = reports.slice(Math.max(index - 2, 0), index);

        if (loud || !first?.loud || !second?.loud) continue;
        expect(
          told.some(
            (event) => event.at >= first.at - 1 && event.at <= end && event.ids.includes(id),
          ),
        ).toBe(true);
      }
    }
  });
});
