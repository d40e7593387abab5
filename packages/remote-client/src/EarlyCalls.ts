import { afterOf, earlyOf, type EarlyCall } from '@tureen/manager';
import type { Kind } from '@tureen/protocol';
import type { Mirror } from './Mirror.js';

type ConsumerKind = 'consumer' | 'dataConsumer';
type Create = (method: string, kind: ConsumerKind, options: object) => Promise<Mirror>;

const kinds = { consume: 'consumer', consumeData: 'dataConsumer' } as const satisfies Record<
  string,
  Kind
>;

/** Calls of one session that others are to come after, though they have not been answered. */
export class EarlyCalls {
  readonly #ids = new WeakMap<EarlyCall, number>();

  /** The id of the call that these options are to come after, if it is one of this session. */
  after(options: unknown): number | undefined {
    const earlier = isObject(options) ? afterOf(options) : undefined;

    return earlier && this.#ids.get(earlier);
  }

  /** Lets whoever asked for it go on at once. */
  offer(options: unknown, id: number, create: Create): void {
    const early = isObject(options) ? earlyOf(options) : undefined;

    if (early) {
      this.#ids.set(early, id);
      early.consume = (method: keyof typeof kinds, more: object) =>
        create(method, kinds[method], more) as Promise<never>;
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
