import { encodeFrame, MessageType, rows, type Kind } from '@tureen/protocol';
import { encode, goodHello } from '../faults/support/RawClient.js';
import { below, mutate, pick, randomValue, type Random } from '../protocol/random.js';
import { argumentsFor, evilValue, furniture, type Knowledge } from './material.js';

/** A message and how many answers it asks for. */
export interface Made {
  bytes: Buffer;
  calls: number;
}

const kinds: readonly Kind[] = ['mediasoup', ...furniture.map(({ kind }) => kind)];
const allMethods = [...new Set(Object.values(rows).flatMap((row) => Object.keys(row.calls)))];
const strangeMethods = ['__proto__', 'constructor', 'close', 'emit', 'on', '', 'then', 'observer'];

/** A message that leaves the session alive, however wrong it is. */
export function survivable(
  random: Random,
  knowledge: Knowledge,
  id: () => number,
  freeHandle: () => number,
): Made {
  const roll = random();

  if (roll < 0.84) return call(random, knowledge, id(), freeHandle());
  if (roll < 0.93) return notification(random, knowledge);
  if (roll < 0.97) return listening(random, knowledge);

  return {
    bytes: encode([MessageType.share, below(random, 64), pick(random, [{}, [], null, 'x', 5])]),
    calls: 0,
  };
}

function call(random: Random, knowledge: Knowledge, id: number, freeHandle: number): Made {
  const handle = below(random, kinds.length);
  const own = Object.keys(rows[kinds[handle] as Kind].calls);
  const roll = random();
  const method =
    roll < 0.9
      ? pick(random, own)
      : roll < 0.97
        ? pick(random, allMethods)
        : pick(random, strangeMethods);
  // Now and then a handle of nothing, of another session, or what is none at all.
  const target = random() < 0.95 ? handle : pick(random, [-1, 1.5, 99, 'x', null, [1], 2 ** 40]);
  const args = argumentsFor(random, method, knowledge);
  // More workers would take more time than they show.
  const isWorker = method === 'createWorker' && random() < 0.98;

  return {
    bytes: encode([MessageType.call, id, target, isWorker ? 'getStats' : method, args, freeHandle]),
    calls: 1,
  };
}

function notification(random: Random, knowledge: Knowledge): Made {
  const handle = below(random, kinds.length);
  const { local } = rows[kinds[handle] as Kind];
  const methods = Object.keys(local).filter((name) => local[name] === 'notify');

  if (methods.length === 0 || random() < 0.05) {
    // Not those that everything else depends on: their turn comes with the end of the session.
    const target = random() < 0.02 ? pick(random, [4, 5, 6, 8, 9, 10, 11, 12, 13]) : 500;

    return { bytes: encode([MessageType.notify, target, 'close', []]), calls: 0 };
  }

  const method = pick(random, methods);

  return {
    bytes: encode([MessageType.notify, handle, method, argumentsFor(random, method, knowledge)]),
    calls: 0,
  };
}

function listening(random: Random, knowledge: Knowledge): Made {
  const handle = below(random, kinds.length);
  const event = pick(random, ['trace', 'rtp', 'rtcp', 'message', 'died', '__proto__', 'close']);
  const value = random() < 0.9 ? event : evilValue(random, knowledge);

  return {
    bytes: encode([
      MessageType.listen,
      handle,
      typeof value === 'object' ? 'trace' : value,
      random() < 0.5,
      random() < 0.5,
    ]),
    calls: 0,
  };
}

/** Frames with which a session ends, or does not, as the daemon sees fit. */
export function breach(random: Random, knowledge: Knowledge): Buffer {
  const sequence = pick(random, [0, 1, 1, 1, 2, 2 ** 52, -1]);
  const message = pick<() => Buffer>(random, [
    () =>
      encode([pick(random, [0, 4, 6, 10, 12, 18, 99, -1, 2 ** 31]), evilValue(random, knowledge)]),
    () => encode([MessageType.call, evilValue(random, knowledge), 0, 'getStats', []]),
    () => encode([MessageType.call, 1, 0, evilValue(random, knowledge), []]),
    () => encode([MessageType.call, 1, 0, 'getStats', evilValue(random, knowledge)]),
    () => encode([MessageType.call, 1, 0, 'createWorker', [5], evilValue(random, knowledge)]),
    () => encode([MessageType.call, 1, 0, 'createWorker', [5], 9, evilValue(random, knowledge)]),
    () => encode([MessageType.notify, 0, evilValue(random, knowledge), []]),
    () => encode([MessageType.listen, evilValue(random, knowledge), 'trace', true, true]),
    () => encode([MessageType.share, evilValue(random, knowledge), evilValue(random, knowledge)]),
    () => encode([MessageType.share, 0, Array.from({ length: 30_000 }, () => null)]),
    () => Buffer.concat([Buffer.alloc(below(random, 40_000), 0x91), Buffer.from([0xc0])]),
    () => Buffer.concat([Buffer.from([0xdd]), Buffer.alloc(4, 0xff)]),
    () => Buffer.alloc(below(random, 20_000), pick(random, [0x80, 0x90, 0xc0, 0xc1, 0xff])),
    () => encode(randomValue(random) as unknown[]),
  ])();
  const frame = encodeFrame(0, 0, []);
  const header = encode([sequence, pick(random, [0, 0, 0, 1, 1e9])]);
  const whole = Buffer.concat([header, message]);

  return random() < 0.6 ? whole : mutate(random, whole, frame);
}

/** Hellos, good and bad, of new sessions and of those of others. */
export function hello(random: Random, knowledge: Knowledge, sessionIds: readonly string[]): Buffer {
  const resume = {
    id: random() < 0.5 && sessionIds.length > 0 ? pick(random, sessionIds) : 'x',
    secret: pick(random, ['', 'x'.repeat(43), knowledge.foreignId]),
    received: pick(random, [0, 1, 1e9]),
  };
  const value = pick<() => unknown>(random, [
    () => ({ ...goodHello, resume }),
    () => ({
      ...goodHello,
      resume: {
        ...resume,
        [pick(random, ['id', 'secret', 'received'])]: evilValue(random, knowledge),
      },
    }),
    () => ({ ...goodHello, [pick(random, Object.keys(goodHello))]: evilValue(random, knowledge) }),
    () => evilValue(random, knowledge),
  ])();
  const frame = encodeFrame(pick(random, [0, 0, 0, 0, 1]), 0, [encode([MessageType.hello, value])]);

  return random() < 0.5 ? frame : mutate(random, frame, frame);
}
