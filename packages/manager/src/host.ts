/** Where other hosts reach one with pipes. */
export interface PipeAddress {
  /** Address to listen on. */
  ip: string;
  /** Address that the others use, if it is another one. */
  announcedAddress?: string;
  /** Ports to listen on. Default: those of mediasoup. */
  portRange?: { min: number; max: number };
}

/** Who a host is. */
export interface HostIdentity {
  /** The same for all that share one loopback interface. */
  id: string;
  /** What the operator says of it, such as `{ region: 'eu' }`. */
  tags?: Readonly<Record<string, string>>;
  pipeAddress?: PipeAddress;
  /**
   * It stands for several hosts: which of them a transport is on is known to the one who places it,
   * and so is where pipes have to listen.
   */
  several?: true;
}

/** Who a worker is on that is made of workers on several hosts. */
export const severalHosts: HostIdentity = { id: 'several', several: true };

/** Shared by all copies of this package in a process. */
const key = Symbol.for('tureen.host');

/** The host that a worker or a router is on; undefined where nobody told several apart. */
export function hostOf(object: object): HostIdentity | undefined {
  return (object as { [key]?: HostIdentity })[key];
}

/** They are known to be on two hosts, or may be as they are on several. */
export function areApart(one: object, two: object): boolean {
  const [here, there] = [hostOf(one), hostOf(two)];

  return (
    here !== undefined &&
    there !== undefined &&
    (here.id !== there.id || here.several === true || there.several === true)
  );
}

/** Says of a worker or a router which host it is on. Applications that log it do not see this. */
export function placeOnHost(object: object, host: HostIdentity): void {
  Object.defineProperty(object, key, { value: host, configurable: true, enumerable: false });
}
