import { line, NetworkCommandError } from './commands.js';
import {
  BACKBONE,
  type ImpairedLink,
  type Impairment,
  type LinkCounts,
  type LinkEnd,
} from './ImpairedLink.js';

const BRIDGE = 'backbone';

interface QdiscShown {
  kind: string;
  packets: number;
  drops: number;
}

/** The kernel's own: veth pairs into a bridge, with the qdisc netem at each host's end. */
export class NetemLink implements ImpairedLink {
  readonly kind = "the kernel's netem";
  readonly #namespace: string;
  readonly #ends: readonly LinkEnd[];

  private constructor(namespace: string, ends: readonly LinkEnd[]) {
    this.#namespace = namespace;
    this.#ends = ends;
  }

  /** @returns whether the kernel has netem. */
  static async isThere(namespace: string): Promise<boolean> {
    try {
      await line(`tc -n ${namespace} qdisc add dev lo root netem delay 1ms`);
      await line(`tc -n ${namespace} qdisc delete dev lo root`);
      return true;
    } catch (error) {
      if (error instanceof NetworkCommandError) return false;
      throw error;
    }
  }

  /** @param namespace - Where the bridge is; whoever removes that removes the link. */
  static async open(
    namespace: string,
    ends: readonly LinkEnd[],
    { delay, loss }: Impairment,
  ): Promise<NetemLink> {
    await line(`ip -n ${namespace} link add ${BRIDGE} type bridge`);
    await line(`ip -n ${namespace} link set ${BRIDGE} up`);
    for (const { name, namespace: own, address } of ends) {
      const port = portOf(name);
      await line(
        `ip link add ${BACKBONE} netns ${own} type veth peer name ${port} netns ${namespace}`,
      );
      await line(`ip -n ${namespace} link set ${port} master ${BRIDGE} up`);
      await line(`ip -n ${own} address add ${address}/24 dev ${BACKBONE}`);
      await line(`ip -n ${own} link set ${BACKBONE} up`);
      await line(
        `tc -n ${own} qdisc add dev ${BACKBONE} root netem delay ${delay}ms loss ${loss}%`,
      );
    }
    return new NetemLink(namespace, ends);
  }

  async counts(): Promise<LinkCounts> {
    const counts: LinkCounts = { forwarded: 0, lost: 0 };
    for (const { namespace } of this.#ends) {
      const shown = await line(`tc -n ${namespace} -s -j qdisc show dev ${BACKBONE}`);
      for (const { kind, packets, drops } of JSON.parse(shown) as QdiscShown[]) {
        if (kind !== 'netem') continue;
        counts.forwarded += packets;
        counts.lost += drops;
      }
    }
    return counts;
  }

  async cut(name: string): Promise<void> {
    await line(`ip -n ${this.#namespace} link set ${portOf(name)} down`);
  }

  async mend(name: string): Promise<void> {
    await line(`ip -n ${this.#namespace} link set ${portOf(name)} up`);
  }

  async close(): Promise<void> {
    // It goes with the namespaces.
  }
}

/** The bridge's end of a host's pair. A kernel's limit for names is 15 characters. */
function portOf(name: string): string {
  return `b-${name}`;
}
