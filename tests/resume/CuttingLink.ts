import type { Link } from '@tureen/protocol';

/** Decides what becomes of the frame of that number, counted from 0. */
export type Fate = (frame: number) => 'passes' | 'lost' | 'arrives last';

/** Numbers the frames of all links together, so that a run can be cut at any one of them. */
export class FrameCounter {
  count = 0;
  readonly #fate: Fate;

  constructor(fate: Fate = () => 'passes') {
    this.#fate = fate;
  }

  /** Makes both ends of a connection count, and cut it when its time has come. */
  wrap(end: Link): Link {
    return new CuttingLink(end, () => this.#fate(this.count++));
  }
}

/** A link that breaks at a given frame: before it arrives, or right after. */
class CuttingLink implements Link {
  readonly #link: Link;
  readonly #nextFate: () => ReturnType<Fate>;
  #closed = false;

  constructor(link: Link, nextFate: () => ReturnType<Fate>) {
    this.#link = link;
    this.#nextFate = nextFate;
  }

  get bufferedAmount(): number {
    return this.#link.bufferedAmount;
  }

  get onFrame(): Link['onFrame'] {
    return this.#link.onFrame;
  }

  set onFrame(listener: Link['onFrame']) {
    this.#link.onFrame = listener;
  }

  get onClose(): Link['onClose'] {
    return this.#link.onClose;
  }

  set onClose(listener: Link['onClose']) {
    this.#link.onClose = listener;
  }

  send(frame: Buffer): void {
    if (this.#closed) {
      return;
    }

    const fate = this.#nextFate();

    if (fate !== 'lost') {
      this.#link.send(frame);
    }
    if (fate !== 'passes') {
      this.close('cut');
    }
  }

  close(reason?: string): void {
    this.#closed = true;
    this.#link.close(reason);
  }
}
