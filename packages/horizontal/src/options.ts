import type { HostIdentity } from '@tureen/manager';
import type { HostManager } from './HostManager.js';
import type { HostPlacementName } from './placement/hostPlacementPolicy.js';
import type { HostPlacementPolicy } from './placement/types.js';

export interface MediasoupHorizontalOptions {
  /**
   * Which host a worker goes to. Default 'leastLoaded': of CPU, network and what was placed lately.
   * 'roundRobin': one after the other. 'concentrate': fills one before the next, so that few streams
   * pass between hosts. 'region': one with the tag `region` of the worker's appData. Or a function:
   * yours, or one of `leastLoaded()`, `roundRobin()`, `concentrateHosts()`, `byTag()`.
   */
  placement?: HostPlacementName | HostPlacementPolicy;

  /** Milliseconds between questions to each host whether it is well. Default 2000. */
  healthInterval?: number;

  /**
   * Milliseconds without an answer after which a host is given no more work; more than
   * `healthInterval`. Default 6000, or three times `healthInterval` if that is more.
   */
  staleAfter?: number;

  /** Milliseconds that a pair of pipe transports may take to be made. Default 10000. */
  pipeTimeout?: number;

  /**
   * Also emit 'error' when a worker dies, if anybody listens to 'error'. Default true. Switch it off
   * where something above listens to the workers itself.
   */
  listenWorkerDied?: boolean;

  /** Who the host of a manager is, in place of what its stats tell. Default: what they tell. */
  hostOf?: (manager: HostManager) => Partial<HostIdentity> | undefined;
}

export type ResolvedOptions = Required<MediasoupHorizontalOptions>;

const longest = 2 ** 31 - 1;

/** @throws TypeError for a value that cannot be meant. */
export function resolveOptions(options: MediasoupHorizontalOptions): ResolvedOptions {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  const { healthInterval = 2000 } = options;
  const resolved: ResolvedOptions = {
    placement: 'leastLoaded',
    healthInterval,
    staleAfter: Math.max(6000, 3 * healthInterval),
    pipeTimeout: 10_000,
    listenWorkerDied: true,
    hostOf: () => undefined,
    ...given,
  };

  checkMilliseconds('healthInterval', resolved.healthInterval, 1);
  checkMilliseconds('staleAfter', resolved.staleAfter, 1);
  if (resolved.staleAfter <= resolved.healthInterval) {
    throw new TypeError(
      `staleAfter (${resolved.staleAfter}) must be more than healthInterval (${resolved.healthInterval}): no host would have answered lately`,
    );
  }
  checkMilliseconds('pipeTimeout', resolved.pipeTimeout, 0);
  if (typeof resolved.hostOf !== 'function') {
    throw new TypeError('hostOf must be a function');
  }

  return resolved;
}

function checkMilliseconds(name: string, value: unknown, least: number): void {
  if (typeof value !== 'number' || !(value >= least && value <= longest)) {
    throw new TypeError(
      `${name} must be a number from ${least} to ${longest}, not ${String(value)}`,
    );
  }
}
