import type { types } from 'mediasoup';
import type { PlacementName } from './placement/placementPolicy.js';
import type { PlacementPolicy } from './placement/types.js';

export interface MediasoupVerticalOptions {
  /**
   * Real workers at most, for each virtual one. Default: one for each core that the manager's stats
   * tell, of all its hosts together, and so changing with them. Never more than 1024.
   */
  maxWorkers?: number;

  /**
   * CPU of a worker, percent of one core, from which `concentrate` puts nothing more on it as long
   * as another can take it. Default 60.
   */
  watermarkWorker?: number;

  /**
   * CPU of the host, percent of all its cores, from which no further worker is started as long as
   * one runs. Default 90; with 100 it does not matter.
   */
  watermarkNode?: number;

  /**
   * Which worker a transport goes to. Default 'concentrate': fills the busiest worker under
   * `watermarkWorker`, so that few streams have to be piped and idle cores stay free. 'spread': the
   * least loaded. 'weighted': by weights and `budgetPerWorker`. 'scatter', for tests: each on
   * another worker than the last. Or a function of your own.
   */
  placement?: PlacementName | PlacementPolicy;

  /** Units of weight that `weighted` puts on one worker. */
  budgetPerWorker?: number;

  /** Milliseconds that a pipe without consumers stays. Default 5000. */
  idlePipeTimeout?: number;

  /** Milliseconds that a real router and then a real worker without use stay. Default 30000. */
  idleWorkerTimeout?: number;

  /**
   * How pipes listen. Default: on one host UDP on 127.0.0.1, neither encrypted nor with
   * retransmissions, as nothing leaves it; between two hosts at the address that each tells, with
   * both.
   */
  pipe?: Pick<types.PipeTransportOptions, 'listenInfo' | 'enableSrtp' | 'enableRtx'>;

  /** Milliseconds that building a pipe may take. Default 10000. */
  pipeTimeout?: number;

  /**
   * How many pipes a stream may pass one after the other, where the manager's workers are on
   * several hosts. From 2 on a stream crosses to another host once, and is copied further there;
   * with 1 every copy comes from the original. Default 3.
   */
  maxPipeDepth?: number;
}

type WithoutDefault = 'maxWorkers' | 'budgetPerWorker';

export type ResolvedOptions = Required<Omit<MediasoupVerticalOptions, WithoutDefault>> &
  Pick<MediasoupVerticalOptions, WithoutDefault>;

const defaults = {
  watermarkWorker: 60,
  watermarkNode: 90,
  placement: 'concentrate',
  idlePipeTimeout: 5000,
  idleWorkerTimeout: 30_000,
  pipe: { listenInfo: { protocol: 'udp', ip: '127.0.0.1' } },
  pipeTimeout: 10_000,
  maxPipeDepth: 3,
} as const satisfies MediasoupVerticalOptions;

/** Real workers behind a virtual one, whatever hosts say how many cores they have. */
export const mostWorkers = 1024;

/** @throws TypeError that names the option which cannot be meant. */
export function resolveOptions(options: MediasoupVerticalOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    ...defaults,
    ...defined(options),
    pipe: { ...defaults.pipe, ...defined(options.pipe) },
  };

  if (resolved.maxWorkers !== undefined) {
    checkWhole('maxWorkers', resolved.maxWorkers, 1, mostWorkers);
  }
  checkWhole('maxPipeDepth', resolved.maxPipeDepth, 1, 16);
  checkNumber('watermarkWorker', resolved.watermarkWorker, 1, 100);
  checkNumber('watermarkNode', resolved.watermarkNode, 1, 100);
  for (const name of ['idlePipeTimeout', 'idleWorkerTimeout', 'pipeTimeout'] as const) {
    checkNumber(name, resolved[name], 0, 2 ** 31 - 1);
  }
  if (resolved.budgetPerWorker !== undefined) {
    checkNumber('budgetPerWorker', resolved.budgetPerWorker, Number.MIN_VALUE, Infinity);
  }

  return resolved;
}

function defined<T extends object>(options: T | undefined): Partial<T> {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);

  return Object.fromEntries(given) as Partial<T>;
}

function checkWhole(name: string, value: unknown, least: number, most: number): void {
  checkNumber(name, value, least, most);
  if (!Number.isInteger(value)) {
    throw new TypeError(`${name} must be a whole number`);
  }
}

function checkNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw new TypeError(`${name} must be a number from ${least} to ${most}, not ${String(value)}`);
  }
}
