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
}

async function run(fate: Fate): Promise<Run> {
  const counter = new FrameCounter(fate);
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
  await host.client.getStats();

  const connections = host.connections.length;

  host.client.close();
  await until('the end of the session', () => host.server.sessions === 0);

  return { seen: byObject(lines), executed, frames, connections };
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
      for (let frame = 2; frame < undisturbed.frames; frame += step) {
        const cut = await run((number) => (number === frame ? fate : 'passes'));

        expect({ frame, ...cut, frames: 0 }).toEqual({
          frame,
          ...undisturbed,
          frames: 0,
          connections: 2,
        });
      }
    },
    120_000,
  );
});
