import { byTag, concentrateHosts, leastLoaded, roundRobin } from './policies.js';
import type { HostPlacementPolicy } from './types.js';

const policies = {
  leastLoaded,
  roundRobin,
  concentrate: () => concentrateHosts(),
  region: () => byTag('region'),
} satisfies Record<string, () => HostPlacementPolicy>;

/** The name of a policy that is built in. */
export type HostPlacementName = keyof typeof policies;

/**
 * The policy that an option `placement` means.
 *
 * @throws TypeError for anything but a name or a function.
 */
export function hostPlacementPolicy(
  option: HostPlacementName | HostPlacementPolicy = 'leastLoaded',
): HostPlacementPolicy {
  if (typeof option === 'function') {
    return option;
  }
  if (typeof option !== 'string' || !Object.hasOwn(policies, option)) {
    const names = Object.keys(policies).map((name) => `'${name}'`);

    throw new TypeError(
      `placement must be one of ${names.join(', ')} or a function, not ${String(option)}`,
    );
  }

  return policies[option]();
}
