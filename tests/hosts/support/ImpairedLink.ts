/** What a link does to each packet between two hosts, in either direction. */
export interface Impairment {
  /** Milliseconds. */
  delay: number;
  /** Percent. */
  loss: number;
  /** Of the losses, where it is us who choose them. */
  seed: number;
}

/** Packets of all hosts together. */
export interface LinkCounts {
  forwarded: number;
  /** By chance, not by a cut. */
  lost: number;
}

/** Where a host is connected, and under which address the others reach it. */
export interface LinkEnd {
  /** The host's name. */
  name: string;
  /** The namespace that gets an interface, {@link BACKBONE}. */
  namespace: string;
  address: string;
}

/** Name of the interface, in each host's namespace. */
export const BACKBONE = 'backbone';

/** The network between hosts, each of which reaches every other one over it. */
export interface ImpairedLink {
  /** What does it, for the reader of the test's output. */
  readonly kind: string;
  counts(): Promise<LinkCounts>;
  /** From now on nothing gets from or to that host, and nobody is told. */
  cut(name: string): Promise<void>;
  mend(name: string): Promise<void>;
  close(): Promise<void>;
}
