import type { types } from 'mediasoup';
import { Copy, type CopyOptions } from './pipes/Copy.js';
import type { RealRouter } from './RealRouter.js';

/** A producer of the application, with its copies in other real routers than its own. */
export class Source<P extends types.Producer | types.DataProducer> {
  readonly #copies = new Map<RealRouter, Copy>();

  constructor(
    readonly producer: P,
    readonly home: RealRouter,
  ) {}

  get copies(): ReadonlyMap<RealRouter, Copy> {
    return this.#copies;
  }

  /** The copy in another real router, made if there is none. */
  copyIn(to: RealRouter, options: Omit<CopyOptions, 'from' | 'to' | 'onClose'>): Copy {
    const known = this.#copies.get(to);

    if (known) {
      return known;
    }

    const copy = new Copy({
      ...options,
      from: this.home,
      to,
      onClose: (closed) => {
        if (this.#copies.get(to) === closed) {
          this.#copies.delete(to);
        }
      },
    });

    // It can have failed already, if its routers have closed.
    if (!copy.closed) {
      this.#copies.set(to, copy);
    }

    return copy;
  }

  close(): void {
    for (const copy of [...this.#copies.values()]) {
      copy.close();
    }
  }
}
