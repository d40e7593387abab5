import type { Registry } from './Registry.js';
import type { CloseGroup, Tracked } from './Tracked.js';
import { closeObject, processHasGone } from './workerProcess.js';

/**
 * Finds the moment from which nothing more will be said of an object: it has closed, the calls on
 * it have been answered, and if it is a worker its process has gone. What closed together is
 * released together.
 */
export class Releases {
  readonly #registry: Registry;
  readonly #onRelease: (tracked: Tracked) => void;

  constructor(registry: Registry, onRelease: (tracked: Tracked) => void) {
    this.#registry = registry;
    this.#onRelease = onRelease;
  }

  /** Closes the object on the client's word. */
  close(target: Tracked): void {
    if (!target.closeGroup) {
      const group = this.#registry.group(target);

      // What this closes is heard within the call, and belongs to the group.
      closeObject(target.real);
      group.closed = true;
      this.#releaseGroup(group);
    }
  }

  /** A call on the object is under way; it may have closed already. */
  called(target: Tracked | undefined): void {
    if (target) {
      target.pendingCalls += 1;
      if (target.closeGroup) {
        target.closeGroup.pendingCalls += 1;
      }
    }
  }

  /** A call on the object has been answered. */
  settled(target: Tracked | undefined): void {
    if (target) {
      target.pendingCalls -= 1;
      if (target.closeGroup) {
        target.closeGroup.pendingCalls -= 1;
      }
      this.#check(target);
    }
  }

  /** The object has said that it closed, or that its process has gone. */
  ended(tracked: Tracked, event: string): void {
    tracked.saidClose ||= event === 'close';
    this.#check(tracked);
  }

  #check(tracked: Tracked): void {
    if (tracked.closeGroup) {
      this.#releaseGroup(tracked.closeGroup);
    } else if (
      tracked.saidClose &&
      tracked.pendingCalls === 0 &&
      // With its owner gone too, the owner's release says it for both.
      !tracked.owner?.real.closed
    ) {
      this.#release(tracked);
    }
  }

  #releaseGroup(group: CloseGroup): void {
    if (group.closed && group.pendingCalls === 0) {
      this.#release(group.root);
    }
  }

  #release(tracked: Tracked): void {
    if (!tracked.released && (tracked.kind !== 'worker' || processHasGone(tracked.real))) {
      tracked.released = true;
      this.#registry.release(tracked);
      this.#onRelease(tracked);
    }
  }
}
