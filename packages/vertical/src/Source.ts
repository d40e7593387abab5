import type { types } from 'mediasoup';
import { chooseParent, type PipeTree } from './pipes/chooseParent.js';
import { Copy, type CopyOptions } from './pipes/Copy.js';
import type { RealRouter } from './RealRouter.js';

/** How a copy is made, besides what the source knows. */
export interface MakeCopyOptions extends Omit<
  CopyOptions,
  'home' | 'parent' | 'to' | 'producerId' | 'onClose'
> {
  tree: PipeTree;
}

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

  /**
   * The copy in another real router, made if there is none.
   *
   * @param failed - Copies that it must not be made from.
   */
  copyIn(
    to: RealRouter,
    { tree, ...options }: MakeCopyOptions,
    failed: ReadonlySet<Copy> = new Set(),
  ): Copy {
    const known = this.#copies.get(to);

    if (known) {
      return known;
    }

    const copy = new Copy({
      ...options,
      home: this.home,
      parent: chooseParent(this.home, this.#copies.values(), to, tree, failed),
      to,
      producerId: this.producer.id,
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

  /** It is one of the copies, under the id that it has there. */
  isCopy(id: string, real: RealRouter): boolean {
    return this.#copies.get(real)?.id === id;
  }

  close(): void {
    for (const copy of [...this.#copies.values()]) {
      copy.close();
    }
  }
}
