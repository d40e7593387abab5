import type { types } from 'mediasoup';

/** Tells of every object that is made, whoever asked for it. */
interface Announcer {
  on(event: string, listener: (made: never) => void): unknown;
  off(event: string, listener: (made: never) => void): unknown;
}

interface Announced {
  readonly appData: types.AppData;
}

/**
 * Creates a first real object and puts a virtual one around it in the very moment in which the real
 * one is announced: so its announcement has its place among those of other objects.
 *
 * @param announcer - Observer of what the real one is created on.
 * @param event - Which of its events announces it.
 * @param create - Creates the real one with the options given: the appData there is of this call
 *   alone, a copy of the application's.
 * @param wrap - Makes the virtual one, and announces it.
 */
export async function wrapFirst<
  Options extends { appData?: types.AppData },
  Real extends Announced,
  Virtual,
>(
  announcer: unknown,
  event: string,
  options: Options | undefined,
  create: (options: Options) => Promise<Real>,
  wrap: (real: Real) => Virtual,
): Promise<Virtual> {
  if (options === null) {
    return wrap(await create(options));
  }

  const observer = announcer as Announcer;
  const given = { ...options, appData: ownAppData(options?.appData) } as Options;
  let made: { virtual: Virtual } | undefined;
  const onNew = (real: Real) => {
    if (!made && real.appData === given.appData) {
      made = { virtual: wrap(real) };
    }
  };

  observer.on(event, onNew);
  try {
    const real = await create(given);

    return made ? made.virtual : wrap(real);
  } finally {
    observer.off(event, onNew);
  }
}

/** One object may be given to several calls at once; what is wrong with others, mediasoup says. */
function ownAppData(appData: types.AppData | undefined): types.AppData {
  return typeof appData === 'object' || !appData ? { ...appData } : appData;
}
