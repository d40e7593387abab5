import { encodeFrame } from '@tureen/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { encode, RawClient } from '../faults/support/RawClient.js';
import { until } from '../support/events.js';
import { residentMemory } from './campaign.js';

/*
 * Found by fuzzing with huge counts: a frame of 4 MiB of empty maps became 400 MiB, and together
 * with calls that cost seven bytes each kept every other session waiting for ten seconds. Frames
 * are bounded by what they hold and not by their bytes only; the largest that are allowed are here
 * as well as those that are not.
 */

const MiB = 1024 * 1024;
const size = 4 * MiB;
/** MiB that the daemon never exceeds; the same as in the fuzzing. */
const memoryBound = 1024;

const list = (items: Buffer, count: number): Buffer => {
  const header = Buffer.alloc(5);

  header[0] = 0xdd;
  header.writeUInt32BE(count, 1);

  return Buffer.concat([header, items]);
};
const callWith = (argument: Buffer): Buffer =>
  Buffer.concat([
    // [1, 7, 0, 'getStats', [argument]]
    Buffer.from([0x95, 1, 7, 0, 0xa8]),
    Buffer.from('getStats'),
    Buffer.from([0x91]),
    argument,
  ]);

test.each<[string, () => Buffer]>([
  ['empty maps', () => callWith(list(Buffer.alloc(size, 0x80), size))],
  ['empty lists', () => callWith(list(Buffer.alloc(size, 0x90), size))],
  ['nothings', () => callWith(list(Buffer.alloc(size, 0xc0), size))],
  ['empty texts', () => callWith(list(Buffer.alloc(size, 0xa0), size))],
  ['empty binaries', () => callWith(list(Buffer.alloc(size, 0xc4).fill('c400', 'hex'), size / 2))],
  [
    'lists of one',
    () => callWith(list(Buffer.alloc(size).fill(Buffer.from([0x91, 0x91, 0x91, 0xc0])), size / 4)),
  ],
  ['messages of nothing', () => Buffer.alloc(size).fill(Buffer.from([0x91, 0x63]))],
  [
    'calls of nothing',
    () => Buffer.alloc(size - (size % 7)).fill(Buffer.from([0x95, 1, 1, 0x63, 0xa1, 0x78, 0x90])),
  ],
  ['as many empty maps as are allowed', () => callWith(list(Buffer.alloc(299_900, 0x80), 299_900))],
  [
    'as many calls as are allowed',
    () => Buffer.alloc(4096 * 7).fill(Buffer.from([0x95, 1, 1, 0x63, 0xa1, 0x78, 0x90])),
  ],
  [
    'maps of different names',
    () =>
      Buffer.concat(
        Array.from({ length: 40 }, (_, index) =>
          encode([
            1,
            index,
            0,
            'getStats',
            [
              Object.fromEntries(
                Array.from({ length: 12_000 }, (_u, key) => [`${index}-${key}`, 0]),
              ),
            ],
          ]),
        ),
      ),
  ],
])(
  '%s: the memory stays below its bound and others are answered',
  async (_what, make) => {
    const daemon = await ObservedDaemon.start(['--log-level', 'error']);
    const other = await ObservedClient.connect(daemon.url);
    const worker = await other.mediasoup.createWorker();
    const content = make();
    let largest = 0;
    const look = setInterval(() => (largest = Math.max(largest, residentMemory(daemon.pid))), 20);

    onTestFinished(() => clearInterval(look));
    for (let round = 0; round < 3; round += 1) {
      const client = await RawClient.greet(daemon.url);

      for (let frame = 1; frame <= 3; frame += 1) client.sendRaw(encodeFrame(frame, 0, [content]));

      await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
      client.drop();
    }
    await until('the last to be done with', () => worker.dump().then(Boolean));
    clearInterval(look);
    expect(largest).toBeLessThan(memoryBound);
    expect(other.count('disconnected')).toBe(0);
  },
  60_000,
);
