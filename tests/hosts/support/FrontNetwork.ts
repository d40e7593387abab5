import { line, NetworkCommandError } from './commands.js';

const BRIDGE = 'front';
const FRONT = 'front';
/** Networks for tests of network equipment (RFC 2544): nobody else's. */
const NETWORKS = 200;

/** The network of all hosts, and of this process: a bridge, and a veth pair for each. */
export class FrontNetwork {
  readonly #namespace: string;
  readonly #subnet: string;
  #last = 1;

  private constructor(namespace: string, subnet: string) {
    this.#namespace = namespace;
    this.#subnet = subnet;
  }

  /** @param namespace - Where the bridge is; whoever removes that removes all of it. */
  static async open(namespace: string): Promise<FrontNetwork> {
    await line(`ip -n ${namespace} link add ${BRIDGE} type bridge`);
    await line(`ip -n ${namespace} link set ${BRIDGE} up`);
    return new FrontNetwork(namespace, await connectUs(namespace));
  }

  /** Connects a host. @returns its address. */
  async connect(name: string, namespace: string): Promise<string> {
    const address = `${this.#subnet}.${++this.#last}`;
    const port = portOf(name);

    await line(
      `ip link add ${FRONT} netns ${namespace} type veth peer name ${port} netns ${this.#namespace}`,
    );
    await line(`ip -n ${this.#namespace} link set ${port} master ${BRIDGE} up`);
    await line(`ip -n ${namespace} address add ${address}/24 dev ${FRONT}`);
    await line(`ip -n ${namespace} link set ${FRONT} up`);
    return address;
  }

  async cut(name: string): Promise<void> {
    await line(`ip -n ${this.#namespace} link set ${portOf(name)} down`);
  }

  async mend(name: string): Promise<void> {
    await line(`ip -n ${this.#namespace} link set ${portOf(name)} up`);
  }
}

/** The bridge's end of a host's pair. A kernel's limit for names is 15 characters. */
function portOf(name: string): string {
  return `f-${name}`;
}

/**
 * Connects this process, which is the only interface outside of our namespaces; it goes with its
 * other end. Its name is unique on the machine, so that the network named after it is, too.
 *
 * @returns the first three numbers of all addresses.
 */
async function connectUs(namespace: string): Promise<string> {
  const taken = await line('ip -o -4 address show');

  for (let tried = 0, number = process.pid; tried < NETWORKS; tried++, number++) {
    const third = number % NETWORKS;
    const ours = `tureen-front${third}`;
    const subnet = `198.18.${third}`;

    if (taken.includes(` ${subnet}.`) || !(await created(ours, namespace))) continue;
    await line(`ip -n ${namespace} link set f-us master ${BRIDGE} up`);
    await line(`ip address add ${subnet}.1/24 dev ${ours}`);
    await line(`ip link set ${ours} up`);
    return subnet;
  }
  throw new NetworkCommandError('no network is free in 198.18.0.0/16');
}

/** @returns false when an interface of that name is there already. */
async function created(name: string, namespace: string): Promise<boolean> {
  try {
    await line(`ip link add ${name} type veth peer name f-us netns ${namespace}`);
    return true;
  } catch (error) {
    if ((await line('ip -o link show')).includes(` ${name}@`)) return false;
    throw error;
  }
}
