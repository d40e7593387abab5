import { describe, expect, test } from 'vitest';
import { until } from '../support/events.js';
import { FrameCounter, type Fate } from './CuttingLink.js';
import { MemoryHost } from './MemoryHost.js';
import { scenario } from './scenario.js';

interface Run {
  /** What was seen of each object, in its order; between objects mediasoup promises none. */
  seen: Record<string, string[]>;
  /** Calls of getStats() that reached the server. */
  executed: number;
  frames: number;
  connections: number;
  cuts: number;
}

/** @param fate - What becomes of the frame of that number, before the application ends. */
async function run(fate: Fate): Promise<Run> {
  let ending = false;
  let cuts = 0;
  const counter = new FrameCounter((frame) => {
    const decided = ending ? 'passes' : fate(frame);

    cuts += decided === 'passes' ? 0 : 1;

    return decided;
  });
  let executed = 0;
  const host = await MemoryHost.start({
    wrap: (end) => counter.wrap(end),
    getStats: async () => (executed += 1),
    client: { listenWorkerDied: false },
  });
  const lines = await scenario(host.mediasoup);

  // The server numbers its answers: what is done twice, or out of order, is told.
  for (let call = 1; call <= 3; call += 1) {
    expect(await host.client.getStats()).toBe(call);
  }
  await host.untilEmpty();
  expect(host.events.filter((event) => !/connected/.test(event))).toEqual(['mediasoup']);

  const { count: frames } = counter;

  // Only who is connected can say goodbye, so not with a link that has just been cut.
  ending = true;
  await host.client.getStats();

  const connections = host.connections.length;

  host.client.close();
  await until('the end of the session', () => host.server.sessions === 0);

  return { seen: byObject(lines), executed, frames, connections, cuts };
}

function byObject(lines: string[]): Record<string, string[]> {
  const seen: Record<string, string[]> = {};

  for (const line of lines) {
    (seen[line.split(/[ .]/)[0] as string] ??= []).push(line);
  }

  return seen;
}

/** All frames with `npm run faults`, otherwise a share. */
const step = process.env.FAULTS ? 1 : 4;

describe('the link breaks at a given frame', () => {
  test.each(['lost', 'arrives last'] as const)(
    'a frame %s: the application sees no difference',
    async (fate) => {
      const undisturbed = await run(() => 'passes');

      expect(undisturbed.connections).toBe(1);
      expect(undisturbed.seen['producer']).toHaveLength(3);

      // Not before the session: a welcome that is lost begins another one.
      let cuts = 0;
      let runs = 0;

      for (let frame = 2; frame < undisturbed.frames; frame += step) {
        const cut = await run((number) => (number === frame ? fate : 'passes'));
        const { seen, executed, connections } = cut;

        expect({ frame, seen, executed, connections }).toEqual({
          frame,
          seen: undisturbed.seen,
          executed: undisturbed.executed,
          connections: 1 + cut.cuts,
        });
        cuts += cut.cuts;
        runs += 1;
      }
      // Frames gather what happens at the same time, so not every run has quite as many.
      expect(cuts).toBeGreaterThan(runs * 0.8);
    },
    120_000,
  );
});
