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
  /** Its owner had closed when it came into being, so that nobody closes it but the session. */
  isLetGo = false;
  /** Name of the event that told why, if its owner or its listen server closed it. */
  closedBy: string | undefined;
  /** After that: what the server said last came of a notification that mediasoup would not hear. */
  unheard = false;
  /** One set for each entry of the row's `owns`. */
  readonly children: Set<Mirror>[];
  /** Objects that have closed and will be forgotten with this one, if not before. */
  #below: Set<Core> | undefined;
  /** The one that has this object in its `#below`. */
  #keeper: Core | undefined;
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
      this.#endWith(owner);
    }
  }

  /** Takes this object out of its owner's care. */
  leaveOwner(): void {
    this.owner?.childrenOf(this.kind)?.delete(this.mirror);
    if (this.owner?.closed) {
      this.endWithOwner();
    }
  }

  /** The object has closed; what says that its owner is to be forgotten says so of both. */
  endWithOwner(): void {
    if (!this.#keeper) {
      this.#endWith(this.owner);
    }
  }

  /** Nothing more will be said of this object. Gives those that are to be forgotten with it. */
  takeBelow(): Iterable<Core> {
    const below = this.#below ?? [];

    if (this.#keeper) {
      this.#keeper.#below?.delete(this);
      this.#keeper = undefined;
    }
    this.#below = undefined;

    return below;
  }

  #endWith(keeper: Core | undefined): void {
    if (keeper) {
      (keeper.#below ??= new Set()).add(this);
      this.#keeper = keeper;
    }
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
