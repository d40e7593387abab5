import { expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { loopback } from '../support/media.js';
import { verticalRoom } from './support/verticalRoom.js';

const TIMEOUT_MS = 60_000;
/** A worker is asked every 2 s and counts as silent after 6 s: more than both. */
const DEADLINE_MS = 20_000;

test(
  'a real worker that does not answer is given nothing, and asked for nothing that others can do, until it answers again',
  async () => {
    let next = 0;
    let candidates: number[] = [];
    const room = await verticalRoom({
      maxWorkers: 2,
      placement: (_, given) => {
        candidates = given.map(({ index }) => index);
        return next;
      },
    });
    /** Where the policy may put a transport now. */
    const places = async () => {
      await room.router.createPlainTransport({ listenInfo: loopback });
      return candidates;
    };
    for (const index of [0, 1]) {
      next = index;
      expect(await places()).toEqual([0, 1]);
    }

    const { pid } = room.manager.describe().workers[0]!.realWorkers[0]!;
    const goOn = () => void process.kill(pid!, 'SIGCONT');
    process.kill(pid!, 'SIGSTOP');
    onTestFinished(goOn);
    await until('it is left out', async () => (await places()).join() === '1', DEADLINE_MS);
    // All of these would wait for it.
    await Promise.all([
      room.router.createAudioLevelObserver(),
      room.worker.createWebRtcServer({ listenInfos: [loopback] }),
      room.worker.createRouter(),
    ]);

    goOn();
    await until('it is there again', async () => (await places()).join() === '0,1', DEADLINE_MS);
  },
  TIMEOUT_MS,
);
