import { pickPort } from 'pick-port';

/**
 * The kernel gives ports up to 60,999 to whoever names none, and mediasoup up to 59,999. Those above
 * are shared out among the test files that run at a time.
 */
const FIRST = 61_000;
const LAST = 65_535;
const FILES = 4;
const SHARE = Math.floor((LAST - FIRST + 1) / FILES);
const own = FIRST + (Number(process.env.VITEST_POOL_ID ?? 0) % FILES) * SHARE;

/** Elsewhere than the file before began. */
let next = Math.floor(Math.random() * SHARE);

/**
 * A port of 127.0.0.1 that is free, for TCP and UDP, and stays so until somebody asks for this very
 * one: for what has to know its port before it listens, or has to come back where it was. No two
 * calls give the same one.
 */
export function freePort(): Promise<number> {
  return freePorts(1);
}

/**
 * @param count - How many ports in a row are wanted.
 * @returns The first of them.
 * @throws Error when there are none.
 */
export async function freePorts(count: number): Promise<number> {
  for (let tried = 0; tried < SHARE; tried += count) {
    const first = own + (next + count <= SHARE ? next : 0);

    // Before anything is waited for, so that nobody else gets these.
    next = first - own + count;
    if (await areFree(first, count)) return first;
  }
  throw new Error(`no ${count} ports in a row are free from ${own} to ${own + SHARE - 1}`);
}

async function areFree(first: number, count: number): Promise<boolean> {
  const ports = Array.from({ length: count }, (_, index) => first + index);
  const picked = ports.flatMap((port) =>
    (['tcp', 'udp'] as const).map((type) =>
      pickPort({ type, ip: '127.0.0.1', minPort: port, maxPort: port, reserveTimeout: 0 }),
    ),
  );
  const outcomes = await Promise.allSettled(picked);

  return outcomes.every(({ status }) => status === 'fulfilled');
}
