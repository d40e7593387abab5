import type * as mediasoupModule from 'mediasoup';
import type { types } from 'mediasoup';
import { beforeEach } from 'vitest';

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
  /** Its transports and what is on them are mediasoup's own; routers and workers are not. */
  readonly ownMedia?: boolean;
  /** Names of tests that cannot hold here, with the reasons. They are skipped. */
  readonly exceptions?: Readonly<Record<string, string>>;
  start(): Promise<StartedTarget>;
}

/** Skips the exceptions of a target, in the enclosing `describe`. */
export function skipExceptions({ exceptions = {} }: Target): void {
  beforeEach(({ task, skip }) => {
    const reason = exceptions[task.name];

    if (reason) {
      skip(reason);
    }
  });
}
