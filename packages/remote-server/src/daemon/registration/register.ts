import type { HostRegistration } from '@tureen/discovery';
import { hostStats, identifyHost } from '@tureen/manager';
import { ConfigurationError } from '../../errors.js';
import { HostLoad } from '../../HostLoad.js';
import type { Logger } from '../../Logger.js';
import type { RemoteServer } from '../../RemoteServer.js';
import type { HostFlags } from '../flags/hostFlags.js';
import type { Served } from '../served/Served.js';
import { readRedisSecrets, type RedisFlags } from './redisSecrets.js';

export interface RegisterFlags extends RedisFlags, HostFlags {
  register?: string;
  publicUrl?: string;
  host: string;
  announcedAddress?: string;
}

export interface Registered {
  server: RemoteServer;
  served: Served;
  /** Where the daemon listens. */
  url: string;
  logger: Logger;
}

/** Names this daemon in a Redis, from now on until it ends. Undefined if that is not wanted. */
export async function register(
  flags: RegisterFlags,
  { server, served, url, logger }: Registered,
): Promise<HostRegistration | undefined> {
  if (flags.register === undefined) {
    return undefined;
  }

  const { registerHost } = await import('@tureen/discovery');
  const { withPassword, tls } = readRedisSecrets(flags);
  const { hostId: id, tag: tags } = flags;
  const load = new HostLoad();

  try {
    return registerHost({
      redisUrl: withPassword(flags.register),
      tls,
      // Several daemons may be on one host.
      hostId: `${identifyHost(id === undefined ? {} : { id }).id}:${new URL(url).port}`,
      url: publicUrl(flags, url),
      tags,
      state: () => ({
        draining: server.state.draining,
        load: loadOf(server, served.workersElsewhere ? undefined : load),
      }),
      logger,
    });
  } catch (error) {
    throw new ConfigurationError(`--register: ${(error as Error).message}`);
  }
}

/** Of a host with media: what it is busy with; of any: what is on it. */
function loadOf(server: RemoteServer, load: HostLoad | undefined): Record<string, number> {
  const { sessions, objects } = server.state;
  const { cpus, cpu, sent, received } = load?.read(hostStats()) ?? {};
  const figures = { cpus, cpu, sent, received, sessions, workers: objects.worker };

  return Object.fromEntries(
    Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}

/** Also tells what is wrong, before anything is begun. */
export function publicUrl(
  { register: wanted, publicUrl: given, announcedAddress, host }: RegisterFlags,
  url: string,
): string {
  if (given !== undefined) {
    return given;
  }
  if (wanted !== undefined && !announcedAddress && (host === '0.0.0.0' || host === '::')) {
    throw new ConfigurationError(
      `--register needs --public-url: nobody can connect to ${host}, on which this daemon listens`,
    );
  }

  const own = new URL(url);
  const name = announcedAddress ?? host;

  return `${own.protocol}//${name.includes(':') ? `[${name}]` : name}:${own.port}`;
}
