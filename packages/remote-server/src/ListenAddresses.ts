import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Logger } from './Logger.js';
import { shown } from './shown.js';

export interface ListenAddressOptions {
  /** Address of this host on which media is to be received. */
  listenIp?: string;
  /** Address or host name under which media endpoints reach this host. */
  announcedAddress?: string;
}

type Options = Record<string, unknown>;

const unspecified = new Set(['0.0.0.0', '::']);
/** Mappings that are logged. Applications choose what they ask for, and may choose anew each time. */
const maxLogged = 100;

/**
 * The addresses in an application's options belong to the application's machine. Where the
 * operator says what is right for this one, they replace those that cannot be meant for it: an
 * unspecified address, a loopback, or one that this machine does not have.
 *
 * Pipe transports are left alone: their loopback addresses are chosen knowingly.
 */
export class ListenAddresses {
  readonly #options: ListenAddressOptions;
  readonly #logger: Logger;
  readonly #logged = new Set<string>();

  constructor(options: ListenAddressOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /** Options of a call as this host should take them. */
  map(method: string, options: unknown): unknown {
    const { listenIp, announcedAddress } = this.#options;

    if ((!listenIp && !announcedAddress) || typeof options !== 'object' || options === null) {
      return options;
    }

    const given = options as Options;

    switch (method) {
      case 'createWebRtcTransport':
      case 'createWebRtcServer':
        return this.#mapKeys(given, ['listenInfos', 'listenIps']);
      case 'createPlainTransport':
        return this.#mapKeys(given, ['listenInfo', 'rtcpListenInfo', 'listenIp']);
      default:
        return options;
    }
  }

  #mapKeys(options: Options, keys: readonly string[]): Options {
    const mapped = { ...options };
    // Once for a call, since asking the system takes a while and lists may be long.
    const own = ownAddresses();

    for (const key of keys) {
      const value = options[key];

      if (Array.isArray(value)) {
        mapped[key] = value.map((item) => this.#mapInfo(item, own));
      } else if (value !== undefined) {
        mapped[key] = this.#mapInfo(value, own);
      }
    }

    return mapped;
  }

  /** A TransportListenInfo, a deprecated TransportListenIp, or just an address. */
  #mapInfo(info: unknown, own: ReadonlySet<string>): unknown {
    if (typeof info === 'string') {
      return isForeign(info, own) ? this.#replace({ ip: info }, 'announcedIp') : info;
    }
    if (typeof info !== 'object' || info === null) {
      return info;
    }

    const { ip, protocol } = info as { ip?: unknown; protocol?: unknown };

    return typeof ip === 'string' && isForeign(ip, own)
      ? this.#replace(info as Options, protocol === undefined ? 'announcedIp' : 'announcedAddress')
      : info;
  }

  #replace(info: Options, announcedKey: 'announcedIp' | 'announcedAddress'): Options {
    const { listenIp, announcedAddress } = this.#options;
    const mapped: Options = { ...info };

    if (listenIp) {
      mapped['ip'] = listenIp;
    }
    if (announcedAddress) {
      delete mapped['announcedIp'];
      mapped[announcedKey] = announcedAddress;
    }
    this.#logOnce(String(info['ip']), mapped);

    return mapped;
  }

  #logOnce(ip: string, { ip: listening, announcedIp, announcedAddress }: Options): void {
    const asked = shown(ip);

    if (this.#logged.size < maxLogged && !this.#logged.has(asked)) {
      this.#logged.add(asked);
      this.#logger.info(
        { asked, listening: shown(listening), announced: announcedAddress ?? announcedIp },
        'listen address of an application mapped to one of this host',
      );
    }
  }
}

function ownAddresses(): ReadonlySet<string> {
  const interfaces = Object.values(networkInterfaces()).flat();

  return new Set(interfaces.flatMap((each) => each?.address ?? []));
}

function isForeign(ip: string, own: ReadonlySet<string>): boolean {
  const loopback = ip === '::1' || (isIPv4(ip) && ip.startsWith('127.'));

  return loopback || unspecified.has(ip) || !own.has(ip);
}
