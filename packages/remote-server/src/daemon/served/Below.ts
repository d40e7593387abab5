import type { MediasoupHorizontal } from '@tureen/horizontal';
import type { Manager } from '@tureen/manager';
import type { Upstream } from './Upstream.js';

/** Where the mediasoup of a daemon comes from that has none of its own. */
export interface Below {
  readonly serves: 'proxy' | 'cluster';
  readonly manager: Pick<Manager, 'mediasoup' | 'getStats' | 'on'>;
  /** Those that there are at the moment. */
  readonly upstreams: readonly Upstream[];
  /** Why none of them takes new work; undefined if one does. */
  unready(): Promise<string | undefined>;
  close(): void;
}

/** Milliseconds that an upstream may take to say whether it takes work. */
const readyTimeout = 2000;

/** One server, as it is. */
export function belowOne(upstream: Upstream): Below {
  const { client } = upstream;

  return {
    serves: 'proxy',
    manager: client,
    upstreams: [upstream],
    unready: async () => {
      const stats = upstream.connected ? await before(readyTimeout, client.getStats()) : undefined;

      return stats ? (stats.draining ? 'upstream is draining' : undefined) : 'no upstream';
    },
    close: () => upstream.close(),
  };
}

/** Several servers as one, be they those of a list or those that are found. */
export function belowSeveral(
  horizontal: MediasoupHorizontal,
  upstreams: () => readonly Upstream[],
  close: () => void,
): Below {
  return {
    serves: 'cluster',
    manager: horizontal,
    get upstreams() {
      return upstreams();
    },
    unready: async () =>
      horizontal.describe().hosts.some(({ usable }) => usable) ? undefined : 'no upstream',
    close: () => {
      horizontal.close();
      close();
    },
  };
}

/** The answer, if it comes within that many milliseconds. Never rejects. */
export async function before<T>(timeout: number, answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeout);
  });

  try {
    return await Promise.race([answer, tooLate]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
