import { concentrate, type ConcentrateOptions } from './concentrate.js';
import { scatter } from './scatter.js';
import { spread } from './spread.js';
import type { PlacementPolicy } from './types.js';
import { weighted, type WeightedOptions } from './weighted.js';

export type PlacementSettings = ConcentrateOptions & WeightedOptions;

/** The name of a policy that is built in. */
export type PlacementName = 'concentrate' | 'spread' | 'weighted' | 'scatter';

const policies: Record<PlacementName, (settings: PlacementSettings) => PlacementPolicy> = {
  concentrate,
  spread,
  weighted,
  scatter,
};

/**
 * The policy that an option `placement` means.
 *
 * @param option - A name, or a policy of the application's. Default 'concentrate'.
 * @param settings - For the policies with a name; each takes what concerns it.
 * @throws TypeError for anything else, or a setting that cannot be meant.
 */
export function placementPolicy(
  option: PlacementName | PlacementPolicy = 'concentrate',
  settings: PlacementSettings = {},
): PlacementPolicy {
  if (typeof option === 'function') {
    return option;
  }
  if (!Object.hasOwn(policies, option)) {
    const names = Object.keys(policies).map((name) => `'${name}'`);

    throw new TypeError(
      `placement must be one of ${names.join(', ')} or a function, not ${describe(option)}`,
    );
  }

  return policies[option](settings);
}

function describe(option: unknown): string {
  return typeof option === 'string' ? `'${option}'` : String(option);
}
