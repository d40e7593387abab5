import { isIPv4 } from 'node:net';
import type { types } from 'mediasoup';
import { areApart, type HostIdentity, hostOf } from '../host.js';
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

function reachable(
  options: types.PipeTransportOptions,
  host: HostIdentity,
): types.PipeTransportOptions {
  const { listenInfo } = options;

  if (listenInfo && !isLoopback(listenInfo.ip)) {
    return options;
  }
  if (!host.pipeAddress) {
    throw new PipeError(
      `it is not known where other hosts reach host ${host.id} with pipes: start its tureen-server with --pipe-address, or name a pipeAddress where the host is added`,
    );
  }

  const reachable = { protocol: 'udp', ...host.pipeAddress } as const;

  return { ...options, listenInfo: reachable } as types.PipeTransportOptions;
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || (isIPv4(ip) && ip.startsWith('127.'));
}
