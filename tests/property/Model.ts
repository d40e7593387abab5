import type { EntityKind } from '../support/events.js';
import type { Media } from './material.js';
import type { Random } from './random.js';

/** What the generator believes of an object. It may be wrong: then a call fails on all targets. */
export interface Known {
  ref: string;
  kind: EntityKind;
  owner: Known | undefined;
  /** Of a consumer: its producer; of a piped producer: the one it was piped from. */
  source?: Known;
  closed: boolean;
  media?: Media;
  ssrcs?: readonly number[];
  /** Packets sent so far. */
  sent: number;
  /** Of a consumer: for another router. */
  pipe?: boolean;
  srtp?: boolean;
  sctp?: boolean;
  rtcpMux?: boolean;
}

export const transports: readonly EntityKind[] = [
  'webRtcTransport',
  'plainTransport',
  'pipeTransport',
  'directTransport',
];

/** The objects of a sequence while it is being written. */
export class Model {
  readonly #random: Random;
  all: Known[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  add(known: Omit<Known, 'closed' | 'sent'>): Known {
    const added = { ...known, closed: known.owner?.closed ?? false, sent: 0 };

    this.all.push(added);

    return added;
  }

  /** One of those that satisfy a condition: an open one, or rarely a closed one. */
  find(wanted: (known: Known) => boolean, closedToo = 0.07): Known | undefined {
    const candidates = this.all.filter((known) => wanted(known) && !isSpent(known));
    const open = candidates.filter(({ closed }) => !closed);
    const choice =
      closedToo > 0 && (open.length === 0 || this.#random.chance(closedToo)) ? candidates : open;

    // Late ones more often: they are what the sequence has been building up.
    const some = choice.slice(this.#random.chance(0.5) ? -6 : 0);

    return some.length > 0 ? this.#random.pick(some) : undefined;
  }

  ofKind(...kinds: EntityKind[]): Known | undefined {
    return this.find(({ kind }) => kinds.includes(kind));
  }

  /** One of another object's router, or of any router now and then. */
  nearby(near: Known, wanted: (known: Known) => boolean): Known | undefined {
    const router = routerOf(near);

    return this.#random.chance(0.08)
      ? this.find(wanted)
      : this.find((known) => wanted(known) && routerOf(known) === router);
  }

  /** Forgets what these operations create if it has closed already, with its owner. */
  forgetOrphans(operations: readonly string[]): void {
    this.all = this.all.filter(
      ({ ref, closed }) => !closed || !operations.includes(ref.split('.')[0] as string),
    );
  }

  close(known: Known): void {
    if (known.closed) {
      return;
    }
    known.closed = true;
    for (const other of this.all) {
      if (other.owner === known || other.source === known || arePiped(other, known)) {
        this.close(other);
      }
    }
  }
}

/** Whether one pipeToRouter() created both: they close together. */
function arePiped(one: Known, other: Known): boolean {
  return one.ref.includes('.') && one.ref.split('.')[0] === other.ref.split('.')[0];
}

/** Its id may have been given to another producer, which calls on it would reach. */
function isSpent({ ref, closed }: Known): boolean {
  return closed && ref.includes('.');
}

export function routerOf(known: Known): Known | undefined {
  let above: Known | undefined = known;

  while (above && above.kind !== 'router') {
    above = above.owner;
  }

  return above;
}
