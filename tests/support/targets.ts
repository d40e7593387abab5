import type * as mediasoupModule from 'mediasoup';
import type { types } from 'mediasoup';

/** What an app gets from `import * as mediasoup from 'mediasoup'`. */
export type Mediasoup = types.Index & Pick<typeof mediasoupModule, 'errors' | 'ortc' | 'extras'>;

export interface StartedTarget {
  mediasoup: Mediasoup;
  /** Ends what `start()` began. Leaves no process, socket or timer. */
  stop(): Promise<void>;
}

/**
 * Something that gives mediasoup. One small file each in `targets/`; the suites know nothing else
 * about what they test.
 */
export interface Target {
  /** Appears in the names of tests. */
  readonly name: string;
  /** The objects are mediasoup's own, so that tests of its private members apply too. */
  readonly ownObjects?: boolean;
  start(): Promise<StartedTarget>;
}
