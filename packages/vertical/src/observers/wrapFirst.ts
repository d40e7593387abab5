import type { types } from 'mediasoup';

const wrapped = new WeakSet<object>();

/**
 * Creates a first real observer and puts a virtual one around it in the very moment in which its
 * router announces it: so its announcement has its place among those of other objects.
 *
 * @param create - Creates the real one with the options given.
 * @param wrap - Makes the virtual one, and announces it.
 */
export async function wrapFirst<Options extends { appData?: types.AppData }, Real, Virtual>(
  realRouter: types.Router,
  options: Options | undefined,
  create: (options: Options) => Promise<Real>,
  wrap: (real: Real) => Virtual,
): Promise<Virtual> {
  if (options === null) {
    return wrap(await create(options));
  }

  // What the application gives may be given to several at once: each takes one.
  const given = { ...options, appData: options?.appData ?? {} } as Options;
  let made: Virtual | undefined;
  const onNew = (real: types.RtpObserver) => {
    if (!made && real.appData === given.appData && !wrapped.has(real)) {
      wrapped.add(real);
      made = wrap(real as Real);
    }
  };

  realRouter.observer.on('newrtpobserver', onNew);
  try {
    const real = await create(given);

    return made ?? wrap(real);
  } finally {
    realRouter.observer.off('newrtpobserver', onNew);
  }
}
