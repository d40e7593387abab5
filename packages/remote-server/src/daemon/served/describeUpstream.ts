import type { UpstreamTopology } from '@tureen/protocol';
import { before } from './Below.js';
import type { Upstream } from './Upstream.js';

/** Of the time that there is, what the next level may take: this one still has to tell of it. */
const share = 0.75;

/**
 * What an upstream tells of itself and of what is behind it.
 *
 * @param timeout - Milliseconds that it has to answer.
 */
export async function describeUpstream(
  upstream: Upstream,
  timeout: number,
): Promise<UpstreamTopology> {
  const { url, client, connected } = upstream;

  if (!connected) {
    return { url, usable: false, error: 'not connected' };
  }

  const topology = await before(
    timeout,
    client.getTopology({ timeout: Math.max(100, Math.round(timeout * share)) }),
  );

  return topology
    ? { url, usable: true, topology }
    : { url, usable: false, error: `no answer within ${timeout} ms` };
}
