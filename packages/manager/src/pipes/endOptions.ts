import { isIPv4 } from 'node:net';
import type { types } from 'mediasoup';
import { areApart, type HostIdentity, hostOf, type PipeAddress } from '../host.js';
import { PipeError } from './PipeError.js';

/**
 * Options of the two transports of a pipe between two routers. On one host they are as given. Between
 * two each listens where the others reach its host, unless an address is given that is no loopback,
 * and what passes is encrypted and lost packets are repeated, unless that is refused.
 *
 * @param given - For both.
 * @throws PipeError if it is not known where a host can be reached.
 */
export function endOptions(
  one: types.Router,
  two: types.Router,
  given: types.PipeTransportOptions,
): [types.PipeTransportOptions, types.PipeTransportOptions] {
  if (!areApart(one, two)) {
    return [given, given];
  }

  const secured = {
    ...given,
    enableSrtp: given.enableSrtp ?? true,
    enableRtx: given.enableRtx ?? true,
  };

  return [
    reachable(secured, hostOf(one) as HostIdentity),
    reachable(secured, hostOf(two) as HostIdentity),
  ];
}

/**
 * Options of one end that an application asks for on a router that may be on several hosts: where a
 * loopback address is asked for, it listens where other hosts reach the one that it was put on. An
 * announced address says that whoever asks knows better.
 *
 * @param router - The one that it was put on.
 * @throws PipeError if it is not known where its host can be reached.
 */
export function placedEndOptions<T extends types.PipeTransportOptions>(
  router: types.Router,
  options: T,
): T {
  const host = hostOf(router);
  const listenInfo = (options as T | undefined)?.listenInfo;

  if (!host || !listenInfo || listenInfo.announcedAddress || !needsAddress(listenInfo, host)) {
    return options;
  }

  const { portRange, ...address } = pipeAddressOf(host);

  return {
    ...options,
    listenInfo: {
      ...listenInfo,
      ...address,
      // The application's port, if it wants a certain one.
      ...(portRange && !listenInfo.port && !listenInfo.portRange && { portRange }),
    },
  };
}

function reachable(
  options: types.PipeTransportOptions,
  host: HostIdentity,
): types.PipeTransportOptions {
  const { listenInfo } = options;

  if (listenInfo && !needsAddress(listenInfo, host)) {
    return options;
  }

  const reachable = { protocol: 'udp', ...pipeAddressOf(host) } as const;

  return { ...options, listenInfo: reachable } as types.PipeTransportOptions;
}

/** It would be reached on this host alone. Of several hosts, the one who places it knows which. */
function needsAddress({ ip }: types.TransportListenInfo, { several }: HostIdentity): boolean {
  return !several && isLoopback(ip);
}

function pipeAddressOf({ id, pipeAddress }: HostIdentity): PipeAddress {
  if (!pipeAddress) {
    throw new PipeError(
      `it is not known where other hosts reach host ${id} with pipes: start its tureen-server with --pipe-address, or name a pipeAddress where the host is added`,
    );
  }

  return pipeAddress;
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || (isIPv4(ip) && ip.startsWith('127.'));
}
