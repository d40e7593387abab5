import type { Link } from './Link.js';

/** Holds frames back until they are released, so that a test can force an order of things. */
export class Fence {
  #held: (() => void)[] = [];
  #open = false;
  #arrived: (() => void)[] = [];

  /** How many frames wait. */
  get held(): number {
    return this.#held.length;
  }

  /** Resolves when at least one frame waits. */
  async reached(): Promise<void> {
    if (this.#held.length === 0) {
      await new Promise<void>((resolve) => this.#arrived.push(resolve));
    }
  }

  /** Lets what waits, and all that comes later, through. */
  release(): void {
    this.#open = true;
    for (const deliver of this.#held.splice(0)) {
      deliver();
    }
  }

  /** @internal */
  pass(deliver: () => void): void {
    if (this.#open) {
      deliver();

      return;
    }
    this.#held.push(deliver);
    for (const resolve of this.#arrived.splice(0)) {
      resolve();
    }
  }
}

/** A link inside one process. Delivery is asynchronous and in order, as with a socket. */
export class MemoryLink implements Link {
  onFrame: ((frame: Buffer) => void) | undefined;
  onClose: ((reason: string) => void) | undefined;
  readonly bufferedAmount = 0;
  #other: MemoryLink | undefined;
  #fence: Fence | undefined;
  #closed = false;

  /** Two ends of one link. */
  static pair(): [MemoryLink, MemoryLink] {
    const a = new MemoryLink();
    const b = new MemoryLink();

    a.#other = b;
    b.#other = a;

    return [a, b];
  }

  /** From now on, frames sent by this end wait at the fence. */
  fence(): Fence {
    const fence = new Fence();

    this.#fence = fence;

    return fence;
  }

  send(frame: Buffer): void {
    if (this.#closed) {
      return;
    }

    const deliver = () => setImmediate(() => this.#other?.onFrame?.(frame));

    if (this.#fence) {
      this.#fence.pass(deliver);
    } else {
      deliver();
    }
  }

  close(reason = ''): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;

    const other = this.#other;

    setImmediate(() => {
      this.onFrame = undefined;
      this.onClose?.(reason);
      other?.close(reason);
    });
  }
}
