import { describe, expect, test } from 'vitest';
import { entityKinds, everythingOf, type Watching } from './watching.js';
import { exceptions } from './exceptions.js';

/** To be declared after the suites: what they have seen of each kind must be all that there is. */
export function everythingWasSeen(watching: Watching): void {
  describe('everything was seen working', () => {
    test.each(entityKinds)('%s', (kind) => {
      const all = everythingOf(kind);
      const unseen = all.filter((thing) => !watching.seen.has(thing));

      expect(unseen).toEqual(all.filter((thing) => thing in exceptions));
    });

    test('every exception is about something that exists', () => {
      const all = entityKinds.flatMap(everythingOf);

      expect(Object.keys(exceptions).filter((thing) => !all.includes(thing))).toEqual([]);
    });
  });
}
