import type { CloseGroup, Tracked } from './Tracked.js';

/** How many closed objects a session still knows, so that late calls get mediasoup's own answer. */
const closedToRemember = 1000;

/** The objects of one session by handle. */
export class Registry {
  readonly #open = new Map<number, Tracked>();
  readonly #closed = new Map<number, Tracked>();
  readonly #byObject = new WeakMap<object, Tracked>();

  /** Objects that have not been released. */
  get size(): number {
    return this.#open.size;
  }

  isFree(handle: number): boolean {
    return !this.#open.has(handle) && !this.#closed.has(handle);
  }

  add(tracked: Tracked): void {
    this.#open.set(tracked.handle, tracked);
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
      pendingCalls: members.reduce((sum, member) => sum + member.pendingCalls, 0),
    };

    for (const member of members) {
      member.closeGroup ??= group;
    }

    return group;
  }
}
