import type { ManagerStats } from '@tureen/manager';
import type { MediasoupVertical } from '@tureen/vertical';
import type { types } from 'mediasoup';
import type { DescribeOptions, ServedDescription } from '../../Topologist.js';

/** What the daemon serves, wherever its media is. */
export interface Served {
  /** One object for the life of the daemon. */
  readonly mediasoup: types.Index;
  /** Announces the workers that are processes of this machine; undefined if none can be. */
  readonly observer?: types.Observer;
  /** Workers are processes of other machines. */
  readonly workersElsewhere: boolean;
  /** Undefined unless all of it is served as one worker. */
  readonly vertical?: MediasoupVertical;
  getStats(): Promise<ManagerStats>;
  describe(options: DescribeOptions): Promise<ServedDescription>;
  /** Why it takes no new work at the moment; undefined if it does. Never rejects. */
  unready(): Promise<string | undefined>;
  /** Lets go of it all: workers that are left close. */
  close(): void;
}
