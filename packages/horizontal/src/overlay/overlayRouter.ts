import { hostOf, type KnownProducers, override, pipeToRouter, placeOnHost } from '@tureen/manager';
import type { types } from 'mediasoup';
import type { Host } from '../Host.js';

export interface RouterContext {
  /** The host of a router; undefined if it is none of ours. */
  hostOf(router: object): Host | undefined;
  routerMade(router: types.Router, host: Host): void;
  /** Milliseconds. */
  pipeTimeout: number;
  /** mediasoup's own. */
  NotFoundError: new (message: string) => Error;
}

/** Lets a router be piped to those of other hosts; to its neighbours it is as before. */
export function overlayRouter(router: types.Router, host: Host, context: RouterContext): void {
  const known = followProducers(router);

  placeOnHost(router, hostOf(router) ?? host.identity);
  context.routerMade(router, host);
  override(router, 'pipeToRouter', (original, options?: types.PipeToRouterOptions) => {
    const target = options?.router as types.Router | undefined;

    // What is wrong with the options, the router says.
    return target &&
      options &&
      target !== router &&
      context.hostOf(target)?.manager !== host.manager
      ? pipeToRouter(router, options, {
          known,
          NotFoundError: context.NotFoundError,
          timeout: context.pipeTimeout,
          // Whoever asked for it gets the error.
          logError: () => undefined,
        })
      : original(options);
  });
}

/** The producers on a router's transports. */
function followProducers(router: types.Router): KnownProducers {
  const producers = new Map<string, types.Producer>();
  const dataProducers = new Map<string, types.DataProducer>();

  router.observer.on('newtransport', (transport) => {
    transport.observer.on('newproducer', (producer) => {
      producers.set(producer.id, producer);
      producer.observer.once('close', () => producers.delete(producer.id));
    });
    transport.observer.on('newdataproducer', (dataProducer) => {
      dataProducers.set(dataProducer.id, dataProducer);
      dataProducer.observer.once('close', () => dataProducers.delete(dataProducer.id));
    });
  });

  return { producers, dataProducers };
}
