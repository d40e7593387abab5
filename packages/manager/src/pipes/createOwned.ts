import type { types } from 'mediasoup';
import { markInternal } from './internal.js';
import { withDeadline } from './withDeadline.js';

interface Owned {
  readonly appData: types.AppData;
  close(): void;
}

/** Tells of every object that is made, whoever asked for it. */
interface Announcer {
  on(event: string, listener: (made: never) => void): unknown;
  off(event: string, listener: (made: never) => void): unknown;
}

/**
 * Creates something on behalf of the application, or hidden from it. A call can fail although it was
 * or will be carried out, as one to another host that was too slow: what comes of it belongs to
 * nobody and is closed.
 *
 * @param announcer - Observer of the object that it is created on.
 * @param event - Which of its events announces it.
 * @param timeout - Milliseconds; 0 leaves it to the call.
 * @param create - Must hand the appData on, by which what comes late is known.
 * @param appData - Of this call alone. Default: one that hides what is made from the application.
 * @throws PipeError if it takes too long, or what mediasoup says.
 */
export async function createOwned<T extends Owned>(
  announcer: unknown,
  event: string,
  timeout: number,
  create: (appData: types.AppData) => Promise<T>,
  appData: types.AppData = markInternal({}),
): Promise<T> {
  const observer = announcer as Announcer;
  let made: Owned | undefined;
  const onMade = (object: Owned) => {
    if (object.appData === appData) {
      made = object;
    }
  };

  observer.on(event, onMade);
  try {
    return await withDeadline(create(appData), timeout, `building a pipe (${event})`);
  } catch (error) {
    if (made) {
      made.close();
    } else {
      closeWhatComesLate(observer, event, appData);
    }
    throw error;
  } finally {
    observer.off(event, onMade);
  }
}

/** Of calls that failed, by announcer and event. Held by nothing but a call that is still to end. */
const abandoned = new WeakMap<Announcer, Map<string, WeakSet<types.AppData>>>();

/** One listener does for all calls on an announcer, and goes with it. */
function closeWhatComesLate(observer: Announcer, event: string, appData: types.AppData): void {
  const events = abandoned.get(observer) ?? new Map<string, WeakSet<types.AppData>>();
  const known = events.get(event);
  const late = known ?? new WeakSet();

  late.add(appData);
  if (!known) {
    abandoned.set(observer, events.set(event, late));
    observer.on(event, (object: Owned) => {
      if (late.has(object.appData)) {
        object.close();
      }
    });
  }
}
