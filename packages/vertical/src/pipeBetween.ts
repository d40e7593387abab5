import type { types } from 'mediasoup';
import { andThen } from './OnePerSlot.js';
import type { RealRouter } from './RealRouter.js';
import { VirtualRouter } from './VirtualRouter.js';

/**
 * Pipes from one virtual router to another, or to one that is not ours, as
 * https://mediasoup.org/documentation/v3/mediasoup/api/#router-pipeToRouter describes it: the
 * transports and what is on them belong to the application.
 */
export function pipeBetween(
  from: VirtualRouter,
  options: types.PipeToRouterOptions,
): Promise<types.PipeToRouterResult> {
  const router = options?.router;
  const source =
    from.catalogue.producers.get(options?.producerId as string) ??
    from.catalogue.dataProducers.get(options?.dataProducerId as string);

  // What is wrong with the options, mediasoup says.
  if (!options || !source || (router as unknown) === from) {
    const self = from.real.first;

    return self.pipeToRouter(
      options && { ...options, router: (router as unknown) === from ? self : router },
    );
  }
  if (!((router as unknown) instanceof VirtualRouter)) {
    return source.home.router.pipeToRouter(options);
  }

  const target = router as unknown as VirtualRouter;

  return andThen(realTarget(target, source.home), (real) => {
    // Until the pipe is there it is not in use by anything.
    real?.retain();

    return source.home.router
      .pipeToRouter({ ...options, router: real?.router ?? target.real.first })
      .finally(() => real?.release());
  });
}

/**
 * One real router of another virtual one, on another worker than the source: ids would collide. On
 * the same host, if there is such.
 */
function realTarget(
  target: VirtualRouter,
  home: RealRouter,
): RealRouter | undefined | Promise<RealRouter | undefined> {
  const others = [...target.real.open].filter(({ slot }) => slot !== home.slot);
  const open = others.find(({ host }) => host === home.host) ?? others[0];

  return open ?? target.real.elsewhere(home.slot);
}
