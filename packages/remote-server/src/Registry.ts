import type { Kind } from '@tureen/protocol';
import type { CloseGroup, Tracked } from './Tracked.js';

/** How many closed objects a session still knows, so that late calls get mediasoup's own answer. */
const closedToRemember = 1000;

/** The objects of one session by handle. */
export class Registry {
  readonly #open = new Map<number, Tracked>();
  readonly #closed = new Map<number, Tracked>();
  readonly #counts = new Map<Kind, number>();
  readonly #byObject = new WeakMap<object, Tracked>();

  /** Objects that have not been released. */
  get size(): number {
    return this.#open.size;
  }

  /** Objects of a kind that have not been released. */
  count(kind: Kind): number {
    return this.#counts.get(kind) ?? 0;
  }

  isFree(handle: number): boolean {
    return !this.#open.has(handle) && !this.#closed.has(handle);
  }

  add(tracked: Tracked): void {
    this.#open.set(tracked.handle, tracked);
    this.#counts.set(tracked.kind, this.count(tracked.kind) + 1);
    this.#byObject.set(tracked.real, tracked);
  }

  /** Also finds objects that closed lately. */
  find(handle: number): Tracked | undefined {
    return this.#open.get(handle) ?? this.#closed.get(handle);
  }

  findObject(real: object): Tracked | undefined {
    return this.#byObject.get(real);
  }

  /** Nothing more will be said of the object, nor of any below it. */
  release(tracked: Tracked): void {
    tracked.owner?.children.delete(tracked);
    for (const member of tracked.subtree()) {
      if (this.#open.delete(member.handle)) {
        this.#closed.set(member.handle, member);
        this.#counts.set(member.kind, this.count(member.kind) - 1);
      }
    }
    for (const handle of this.#closed.keys()) {
      if (this.#closed.size <= closedToRemember) {
        break;
      }
      this.#closed.delete(handle);
    }
  }

  /** Marks the object and all below it as closed by the client. */
  group(root: Tracked): CloseGroup {
    const members = root.subtree();
    const group: CloseGroup = {
      root,
      members,
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
