import type { Kind, Row } from '@tureen/protocol';
import type { ClientSession } from './ClientSession.js';
import type { Mirror } from './Mirror.js';
import { Packed } from './Packed.js';

/** What a mirror keeps to itself. */
export class Core {
  /** Set by whoever builds the mirror, at once. */
  mirror!: Mirror;
  appData: unknown;
  closed = false;
  /** Closed by the application or with its owner, not by word of the server. */
  closedLocally = false;
  /** Name of the event that told why, if its owner or its listen server closed it. */
  closedBy: string | undefined;
  /** After that: what the server said last came of a notification that mediasoup would not hear. */
  unheard = false;
  /** One set for each entry of the row's `owns`. */
  readonly children: Set<Mirror>[];
  /** Objects that closed with this one and will be forgotten with it. */
  below: Core[] | undefined;
  /** High-rate events that the server was asked not to send; those of the observer with a prefix. */
  muted: Set<string> | undefined;

  constructor(
    readonly session: ClientSession,
    readonly handle: number,
    readonly kind: Kind,
    readonly row: Row,
    /** Fields as the server last told them. */
    readonly state: Record<string, unknown>,
    readonly owner: Core | undefined,
  ) {
    for (const field in row.fields) {
      if (row.fields[field] === 'packed' && Buffer.isBuffer(state[field])) {
        state[field] = new Packed(state[field]);
      }
    }
    this.children = row.owns ? row.owns.map(() => new Set<Mirror>()) : noChildren;
  }

  /** The worker that this object lives in, or undefined for the root. */
  get worker(): Core | undefined {
    return this.kind === 'worker' ? this : this.owner?.worker;
  }

  /** The set in which children of a kind are kept. */
  childrenOf(kind: Kind): Set<Mirror> | undefined {
    const index = this.row.owns?.findIndex(({ kinds }) => kinds.includes(kind)) ?? -1;

    return this.children[index];
  }

  /** Gives this object into its owner's care. */
  joinOwner(): void {
    const owner = this.#openAncestor();

    if (owner === this.owner) {
      owner?.childrenOf(this.kind)?.add(this.mirror);
    } else {
      // Created by an object that closed meanwhile, as mediasoup can: on its own until the end.
      owner?.keepBelow(this);
    }
  }

  /** Takes this object out of its owner's care. */
  leaveOwner(): void {
    this.owner?.childrenOf(this.kind)?.delete(this.mirror);
    if (this.owner?.closed) {
      this.owner.keepBelow(this);
    }
  }

  keepBelow(core: Core): void {
    (this.below ??= []).push(core);
  }

  #openAncestor(): Core | undefined {
    let owner = this.owner;

    while (owner?.owner && owner.closed) {
      owner = owner.owner;
    }

    return owner;
  }
}

const noChildren: Set<Mirror>[] = [];
