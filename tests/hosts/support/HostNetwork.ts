import { existsSync } from 'node:fs';
import { EmulatedLink } from './EmulatedLink.js';
import { FrontNetwork } from './FrontNetwork.js';
import type { ImpairedLink, Impairment, LinkCounts, LinkEnd } from './ImpairedLink.js';
import { Namespaces } from './namespaces.js';
import { NetemLink } from './NetemLink.js';
import { NetworkHost } from './NetworkHost.js';

const TUN = '/dev/net/tun';

export interface HostNetworkOptions {
  /** Names of hosts with media, which are connected to each other by the impaired link as well. */
  mediaHosts: readonly string[];
  /** Names of those that reach media hosts, and are reached by us, undisturbed. */
  others: readonly string[];
  impairment: Impairment;
}

/**
 * Hosts with addresses of their own, on this machine. Each is a network namespace with two
 * interfaces: `front`, on one network with all others and with this process, and for media hosts
 * `backbone`, whose packets are delayed and lost. Where namespaces are not permitted they are
 * addresses of the loopback interface.
 */
export abstract class HostNetwork {
  /** In one line: what this is made of, and what it cannot do. */
  abstract readonly description: string;
  /** Whether packets between media hosts are delayed and lost. */
  abstract readonly impaired: boolean;
  /** Whether hosts can be cut off. */
  abstract readonly separable: boolean;
  protected readonly hosts = new Map<string, NetworkHost>();

  /** Makes what this machine permits, and says in the test's output what that is. */
  static async create(options: HostNetworkOptions): Promise<HostNetwork> {
    const refusal = await Namespaces.refusal();
    const network = refusal
      ? new LoopbackNetwork(options, refusal)
      : await NamespaceNetwork.open(options);

    console.warn(network.description);
    return network;
  }

  host(name: string): NetworkHost {
    const host = this.hosts.get(name);
    if (!host) throw new RangeError(`no host ${name}`);
    return host;
  }

  /** What has become of the packets between media hosts. */
  abstract counts(): Promise<LinkCounts>;
  /** Pulls the cables of a host: nothing reaches or leaves it, and nobody is told. */
  abstract cut(name: string): Promise<void>;
  abstract mend(name: string): Promise<void>;
  /** Removes everything; what still runs on a host is killed. */
  abstract close(): Promise<void>;
}

class NamespaceNetwork extends HostNetwork {
  readonly impaired: boolean;
  readonly separable = true;
  readonly description: string;
  readonly #namespaces: Namespaces;
  readonly #front: FrontNetwork;
  readonly #link: ImpairedLink | undefined;

  private constructor(namespaces: Namespaces, front: FrontNetwork, link: ImpairedLink | undefined) {
    super();
    this.#namespaces = namespaces;
    this.#front = front;
    this.#link = link;
    this.impaired = link !== undefined;
    this.description = link
      ? `HOSTS: network namespaces; packets between media hosts are impaired by ${link.kind}`
      : `HOSTS: network namespaces WITHOUT IMPAIRMENT: neither netem in the kernel nor ${TUN}`;
  }

  static async open(options: HostNetworkOptions): Promise<NamespaceNetwork> {
    const namespaces = await Namespaces.open();
    const ends: LinkEnd[] = [];
    const places: ConstructorParameters<typeof NetworkHost>[0][] = [];
    let front: FrontNetwork | undefined;

    try {
      const middle = await namespaces.add('middle');
      front = await FrontNetwork.open(middle);
      for (const name of [...options.mediaHosts, ...options.others]) {
        const namespace = await namespaces.add(name);
        const address = await front.connect(name, namespace);
        const isMedia = options.mediaHosts.includes(name);
        const pipeAddress = isMedia ? `10.77.1.${ends.length + 1}` : undefined;

        if (pipeAddress) ends.push({ name, namespace, address: pipeAddress });
        places.push({ name, address, pipeAddress, launcher: ['ip', 'netns', 'exec', namespace] });
      }
      const link = await openLink(middle, ends, options.impairment);
      const network = new NamespaceNetwork(namespaces, front, link);

      for (const place of places) {
        // Without a link between them, they reach each other as all others do.
        const pipeAddress = link || !place.pipeAddress ? place.pipeAddress : place.address;
        network.hosts.set(place.name, new NetworkHost({ ...place, pipeAddress }));
      }
      return network;
    } catch (error) {
      await namespaces.close();
      throw error;
    }
  }

  async counts(): Promise<LinkCounts> {
    return (await this.#link?.counts()) ?? { forwarded: 0, lost: 0 };
  }

  async cut(name: string): Promise<void> {
    await Promise.all([this.#front.cut(name), this.#link?.cut(name)]);
  }

  async mend(name: string): Promise<void> {
    await Promise.all([this.#front.mend(name), this.#link?.mend(name)]);
  }

  async close(): Promise<void> {
    await this.#link?.close();
    await this.#namespaces.close();
  }
}

async function openLink(
  middle: string,
  ends: readonly LinkEnd[],
  impairment: Impairment,
): Promise<ImpairedLink | undefined> {
  if (ends.length === 0) return undefined;
  if (await NetemLink.isThere(middle)) return NetemLink.open(middle, ends, impairment);
  return existsSync(TUN) ? EmulatedLink.open(middle, ends, impairment) : undefined;
}

/** Cuts and losses are not to be had here. */
class LoopbackNetwork extends HostNetwork {
  readonly impaired = false;
  readonly separable = false;
  readonly description: string;

  constructor({ mediaHosts, others }: HostNetworkOptions, refusal: string) {
    super();
    this.description =
      'HOSTS: network namespaces are not permitted here, so these are ADDRESSES OF LOOPBACK, ' +
      `WITHOUT IMPAIRMENT OR PARTITION: ${refusal}`;
    for (const [index, name] of [...mediaHosts, ...others].entries()) {
      const address = `127.0.1.${index + 1}`;
      const pipeAddress = mediaHosts.includes(name) ? address : undefined;

      this.hosts.set(name, new NetworkHost({ name, address, pipeAddress, launcher: [] }));
    }
  }

  counts(): Promise<LinkCounts> {
    return Promise.resolve({ forwarded: 0, lost: 0 });
  }

  cut(): Promise<void> {
    return Promise.reject(new Error('an address of loopback cannot be cut off'));
  }

  mend(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
