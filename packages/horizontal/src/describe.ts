import type { HostIdentity } from '@tureen/manager';
import type { Host } from './Host.js';

export interface HostDescription extends HostIdentity {
  /** It can be given workers now. */
  usable: boolean;
  /** Why not; undefined if it can. */
  reason: string | undefined;
  draining: boolean;
  cpus: number;
  /** Percent of all cores. */
  cpu: number;
  reserved: number;
  /** Percent of what its network carries; undefined if that is not known. */
  network: number | undefined;
  /** Process ids of the workers that it has from here, as the application sees them. */
  workers: number[];
  /** Was taken out, and still has workers. */
  leaving: boolean;
}

export interface HorizontalDescription {
  hosts: HostDescription[];
}

/** What stands where, as plain data. */
export function describe(hosts: readonly Host[], leaving: readonly Host[]): HorizontalDescription {
  return {
    hosts: [
      ...hosts.map((host) => describeHost(host, false)),
      ...leaving.map((host) => describeHost(host, true)),
    ],
  };
}

function describeHost(host: Host, leaving: boolean): HostDescription {
  const { cpus, cpu, reserved, network } = host.candidate;

  return {
    ...host.identity,
    usable: !leaving && host.unusable === undefined,
    reason: leaving ? 'taken out' : host.unusable,
    draining: host.draining,
    ...{ cpus, cpu, reserved, network },
    workers: [...host.workers].map(({ pid }) => pid),
    leaving,
  };
}
