import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import type { HostIdentity, PipeAddress } from '../host.js';

export interface IdentifyHostOptions {
  /** Default: made of what only those have in common that share a loopback interface. */
  id?: string;
  tags?: Readonly<Record<string, string>>;
  /** Default: the first private address, or else the first that is not a loopback. */
  pipeAddress?: Partial<PipeAddress>;
}

/** Who this host is, to those who pipe from others to it. */
export function identifyHost(options: IdentifyHostOptions = {}): HostIdentity {
  const { id = ownId(), tags, pipeAddress } = options;

  return { id, tags, pipeAddress: { ...pipeAddress, ip: pipeAddress?.ip ?? ownAddress() } };
}

/** Containers of one machine have its boot id in common, but not its network. */
function ownId(): string {
  const parts = [
    os.hostname(),
    read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    read(() => readlinkSync('/proc/self/ns/net')),
  ];

  return `${os.hostname()}-${createHash('sha256').update(parts.join()).digest('hex').slice(0, 8)}`;
}

/** Undefined where there is no such file, as on other systems than Linux. */
function read(of: () => string): string | undefined {
  try {
    return of();
  } catch {
    return undefined;
  }
}

function ownAddress(): string {
  const addresses = Object.values(os.networkInterfaces())
    .flatMap((of) => of ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);

  return addresses.find(isPrivate) ?? addresses[0] ?? '127.0.0.1';
}

/** RFC 1918. */
function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
}
