import type { Kind } from '@tureen/protocol';
import type { CloseGroup, Tracked } from './Tracked.js';

/** How many closed objects a session still knows, so that late calls get mediasoup's own answer. */
const closedToRemember = 1000;

/** Of these, the bytes that they may take. */
const closedBytesToRemember = 4 * 1024 * 1024;

/** The objects of one session by handle. */
export class Registry {
  readonly #open = new Map<number, Tracked>();
  readonly #closed = new Map<number, Tracked>();
  #closedBytes = 0;
  readonly #counts = new Map<Kind, number>();
  readonly #byObject = new WeakMap<object, Tracked>();
  /** Producers and data producers. In one router there is one of an id. */
  readonly #producers = new Map<string, Tracked>();

  /** Objects that have not been released. */
  get size(): number {
    return this.#open.size;
  }

  /** Objects of a kind that have not been released. */
  count(kind: Kind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Objects of these kinds that have not been released. */
  *objects(kinds: ReadonlySet<Kind>): Iterable<Tracked> {
    for (const tracked of this.#open.values()) {
      if (kinds.has(tracked.kind)) {
        yield tracked;
      }
    }
  }

  isFree(handle: number): boolean {
    return !this.#open.has(handle) && !this.#closed.has(handle);
  }

  add(tracked: Tracked): void {
    this.#open.set(tracked.handle, tracked);
    this.#counts.set(tracked.kind, this.count(tracked.kind) + 1);
    this.#byObject.set(tracked.real, tracked);
    if (isProducer(tracked)) {
      this.#producers.set(producerKey(tracked.owner, idOf(tracked)), tracked);
    }
  }

  /** Also finds objects that closed lately. */
  find(handle: number): Tracked | undefined {
    return this.#open.get(handle) ?? this.#closed.get(handle);
  }

  findObject(real: object): Tracked | undefined {
    return this.#byObject.get(real);
  }

  /** The producer or data producer with that id that a transport could consume. */
  findProducer(transport: Tracked, id: unknown): Tracked | undefined {
    return this.#producers.get(producerKey(transport, id));
  }

  /** Nothing more will be said of the object, nor of any below it. */
  release(tracked: Tracked): void {
    tracked.leaveOwner();
    // From below, and owners last: each knows its owner, and so would keep one that is forgotten.
    for (const member of tracked.subtree().reverse()) {
      if (this.#open.delete(member.handle)) {
        this.#closed.set(member.handle, member);
        this.#closedBytes += member.held;
        this.#counts.set(member.kind, this.count(member.kind) - 1);
      }
      if (isProducer(member)) {
        this.#producers.delete(producerKey(member.owner, idOf(member)));
      }
      member.letGo();
    }
    this.#forget();
  }

  #forget(): void {
    for (const [handle, { held }] of this.#closed) {
      if (this.#closed.size <= closedToRemember && this.#closedBytes <= closedBytesToRemember) {
        break;
      }
      this.#closed.delete(handle);
      this.#closedBytes -= held;
    }
  }

  /** Marks the object and all below it as closed by the client. */
  group(root: Tracked): CloseGroup {
    const members = root.subtree();
    const group: CloseGroup = {
      root,
      // A member that an earlier group waits for is not waited for twice.
      pendingCalls: members.reduce(
        (sum, member) => sum + (member.closeGroup ? 0 : member.pendingCalls),
        0,
      ),
      closed: false,
    };

    for (const member of members) {
      member.closeGroup ??= group;
    }

    return group;
  }
}

function isProducer({ kind }: Tracked): boolean {
  return kind === 'producer' || kind === 'dataProducer';
}

function idOf({ real }: Tracked): unknown {
  return (real as { id?: unknown }).id;
}

function producerKey(transport: Tracked | undefined, id: unknown): string {
  return `${transport?.owner?.handle}:${typeof id === 'string' ? id : ''}`;
}
