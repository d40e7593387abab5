/** A generator of numbers in [0, 1) that gives the same ones for the same seed. */
export type Random = () => number;

/** The seed of this run: `FUZZ_SEED`, or the same each time. */
export const seed = Number(process.env['FUZZ_SEED'] ?? 1);

/** Xorshift: short, and good enough to choose mutations. */
export function seeded(from: number): Random {
  let state = (from ^ 0x9e37_79b9) >>> 0 || 1;

  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;

    return state / 0x1_0000_0000;
  };
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[below(random, items.length)] as T;
}

const leaves: ((random: Random) => unknown)[] = [
  () => null,
  () => undefined,
  (random) => random() < 0.5,
  (random) => below(random, 200),
  (random) => -below(random, 70_000),
  (random) => below(random, 2 ** 40),
  (random) => random() * 1e9,
  () => NaN,
  (random) => 'x☃'.repeat(below(random, 12)),
  (random) => Buffer.alloc(below(random, 60), 7),
];

/** Something that can travel, a few levels deep. */
export function randomValue(random: Random, depth = 3): unknown {
  if (depth === 0 || random() < 0.4) {
    return pick(random, leaves)(random);
  }
  if (random() < 0.5) {
    return Array.from({ length: below(random, 7) }, () => randomValue(random, depth - 1));
  }

  return Object.fromEntries(
    Array.from({ length: below(random, 7) }, (_, index) => [
      `key${index}`,
      randomValue(random, depth - 1),
    ]),
  );
}

/** First bytes that mean something, the forbidden ones among them. */
const tellingBytes = [0x00, 0x7f, 0x81, 0x91, 0xa8, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xcb, 0xcf, 0xd3]
  .concat([0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff])
  .map((byte) => Buffer.from([byte]));
const hugeCounts = [0xc6, 0xdb, 0xdd, 0xdf].flatMap((type) => [
  Buffer.from([type, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([type, 0x00, 0x10, 0x00, 0x00]),
]);
const extensions = [
  Buffer.from([0xd4, 0x01, 0x00]),
  Buffer.from([0xd6, 0xff, 0x00, 0x00, 0x00, 0x00]),
  Buffer.from([0xd4, 0x72, 0x40]),
  Buffer.from([0xc7, 0x01, 0x65, 0x90]),
];
const snippets = [...tellingBytes, ...hugeCounts, ...extensions];

/** The bytes with one to four things wrong. */
export function mutate(random: Random, bytes: Buffer, other: Buffer): Buffer {
  let mutated: Buffer = Buffer.from(bytes);

  for (let left = 1 + below(random, 4); left > 0; left -= 1) {
    mutated = mutateOnce(random, mutated, other);
  }

  return mutated;
}

function mutateOnce(random: Random, bytes: Buffer, other: Buffer): Buffer {
  const at = below(random, bytes.length + 1);
  const length = below(random, 8);

  switch (below(random, 6)) {
    case 0: {
      const flipped = Buffer.from(bytes);

      if (at < flipped.length) flipped[at] = below(random, 256);

      return flipped;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), pick(random, snippets), bytes.subarray(at)]);
    case 4: {
      const snippet = pick(random, snippets);

      return Buffer.concat([bytes.subarray(0, at), snippet, bytes.subarray(at + snippet.length)]);
    }
    default:
      return Buffer.concat([bytes.subarray(0, at), other.subarray(below(random, other.length))]);
  }
}
