import type { types } from 'mediasoup';
import type { KnownProducers } from './entities/RemoteRouter.js';
import { errors } from './library.js';
import { loggerOf } from './loggers.js';

/** The two ends between two routers. */
type Pair = Map<types.Router, types.PipeTransport>;

/** One pair for two routers, whichever of them asked first. */
const pairs = new WeakMap<types.Router, WeakMap<types.Router, Promise<Pair>>>();

/**
 * What mediasoup's Router does, on public methods alone: so it works whatever servers the two
 * routers are on, as long as their hosts reach each other at the addresses given.
 */
export async function pipeToRouter(
  source: types.Router,
  known: KnownProducers,
  options: types.PipeToRouterOptions,
): Promise<types.PipeToRouterResult> {
  const { producerId, dataProducerId, router: target, keepId = true } = options;

  checkOptions(source, options);
  if (producerId) {
    const producer = known.producers.get(producerId);

    if (!producer) {
      throw new errors.NotFoundError('Producer not found');
    }

    const pair = await pairOf(source, target, options);

    return pipeProducer(endOf(pair, source), endOf(pair, target), producer, keepId);
  }

  const dataProducer = known.dataProducers.get(dataProducerId as string);

  if (!dataProducer) {
    throw new errors.NotFoundError('DataProducer not found');
  }

  const pair = await pairOf(source, target, options);

  return pipeDataProducer(endOf(pair, source), endOf(pair, target), dataProducer, keepId);
}

function checkOptions(source: types.Router, options: types.PipeToRouterOptions): void {
  const { producerId, dataProducerId, router, listenInfo, listenIp } = options;

  if (listenInfo && listenIp) {
    throw new TypeError('only one of listenInfo and listenIp must be given');
  } else if (!producerId && !dataProducerId) {
    throw new TypeError('missing producerId or dataProducerId');
  } else if (producerId && dataProducerId) {
    throw new TypeError('just producerId or dataProducerId can be given');
  } else if (!router) {
    throw new TypeError('missing router');
  } else if (router === source) {
    throw new TypeError('cannot use this Router as destination');
  }
}

function endOf(pair: Pair, router: types.Router): types.PipeTransport {
  return pair.get(router) as types.PipeTransport;
}

/** The pair of two routers; calls that cross share one. */
function pairOf(
  source: types.Router,
  target: types.Router,
  options: types.PipeToRouterOptions,
): Promise<Pair> {
  const known = pairs.get(source)?.get(target);

  if (known) {
    return known;
  }

  const pair = createPair(source, target, transportOptions(options), () => {
    pairs.get(source)?.delete(target);
    pairs.get(target)?.delete(source);
  });

  for (const [from, to] of [
    [source, target],
    [target, source],
  ] as const) {
    const others = pairs.get(from) ?? new WeakMap<types.Router, Promise<Pair>>();

    others.set(to, pair);
    pairs.set(from, others);
  }

  return pair;
}

/** Options of pipeToRouter() that are not those of the transports. */
const ownOptions = new Set(['producerId', 'dataProducerId', 'router', 'keepId', 'listenIp']);

function transportOptions(options: types.PipeToRouterOptions): types.PipeTransportOptions {
  const { listenInfo, listenIp, enableSctp = true } = options;
  const ip = typeof listenIp === 'string' ? { ip: listenIp } : listenIp;
  const rest = Object.entries(options).filter(([name]) => !ownOptions.has(name));

  return {
    ...Object.fromEntries(rest),
    enableSctp,
    // As mediasoup looks at it: whatever is false counts as not given.
    listenInfo: listenInfo || {
      protocol: 'udp',
      ip: ip?.ip || '127.0.0.1',
      announcedAddress: ip?.announcedIp,
    },
  };
}

async function createPair(
  source: types.Router,
  target: types.Router,
  options: types.PipeTransportOptions,
  forget: () => void,
): Promise<Pair> {
  const created = await Promise.allSettled([
    source.createPipeTransport(options),
    target.createPipeTransport(options),
  ]);

  try {
    const [local, remote] = created.map(valueOf) as [types.PipeTransport, types.PipeTransport];

    // Before they are connected: either may close at any time, by itself or with its router.
    for (const [one, other] of [
      [local, remote],
      [remote, local],
    ] as const) {
      one.observer.on('close', () => {
        other.close();
        forget();
      });
    }
    assertOpen(local, remote);
    await Promise.all([connect(local, remote), connect(remote, local)]);
    assertOpen(local, remote);

    return new Map([
      [source, local],
      [target, remote],
    ]);
  } catch (error) {
    loggerOf('router').error('pipeToRouter() | error creating PipeTransport pair:', error as Error);
    forget();
    for (const result of created) {
      if (result.status === 'fulfilled') {
        result.value.close();
      }
    }
    throw error;
  }
}

/** @throws NotFoundError, as the worker does, if one of them has closed meanwhile. */
function assertOpen(...objects: readonly { closed: boolean }[]): void {
  if (objects.some(({ closed }) => closed)) {
    throw new errors.NotFoundError('closed while it was being piped');
  }
}

function valueOf<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') {
    throw result.reason;
  }

  return result.value;
}

function connect(transport: types.PipeTransport, other: types.PipeTransport): Promise<void> {
  return transport.connect({
    ip: other.tuple.localAddress,
    port: other.tuple.localPort,
    srtpParameters: other.srtpParameters,
  });
}

async function pipeProducer(
  local: types.PipeTransport,
  remote: types.PipeTransport,
  producer: types.Producer,
  keepId: boolean,
): Promise<types.PipeToRouterResult> {
  const pipeConsumer = await local.consume({ producerId: producer.id });
  let pipeProducer: types.Producer | undefined;

  try {
    pipeProducer = await remote.produce({
      id: keepId ? producer.id : undefined,
      kind: pipeConsumer.kind,
      rtpParameters: pipeConsumer.rtpParameters,
      paused: pipeConsumer.producerPaused,
      appData: producer.appData,
    });
    if (producer.closed) {
      throw new errors.NotFoundError('original Producer closed');
    }
    assertOpen(pipeConsumer, pipeProducer);
    if (pipeProducer.paused !== producer.paused) {
      await (producer.paused ? pipeProducer.pause() : pipeProducer.resume());
      assertOpen(producer, pipeConsumer, pipeProducer);
    }
    follow(pipeConsumer, pipeProducer);

    return { pipeConsumer, pipeProducer };
  } catch (error) {
    loggerOf('router').error(
      'pipeToRouter() | error creating pipe Consumer/Producer pair:',
      error as Error,
    );
    pipeConsumer.close();
    pipeProducer?.close();
    throw error;
  }
}

/** Whatever happens to one end happens to the other. */
function follow(pipeConsumer: types.Consumer, pipeProducer: types.Producer): void {
  // Fails only if the producer has closed, and then nothing is left to follow.
  const ignore = () => undefined;

  pipeConsumer.observer.on('close', () => pipeProducer.close());
  pipeConsumer.observer.on('pause', () => void pipeProducer.pause().catch(ignore));
  pipeConsumer.observer.on('resume', () => void pipeProducer.resume().catch(ignore));
  pipeProducer.observer.on('close', () => pipeConsumer.close());
}

async function pipeDataProducer(
  local: types.PipeTransport,
  remote: types.PipeTransport,
  dataProducer: types.DataProducer,
  keepId: boolean,
): Promise<types.PipeToRouterResult> {
  const pipeDataConsumer = await local.consumeData({ dataProducerId: dataProducer.id });
  let pipeDataProducer: types.DataProducer | undefined;

  try {
    pipeDataProducer = await remote.produceData({
      id: keepId ? dataProducer.id : undefined,
      sctpStreamParameters: pipeDataConsumer.sctpStreamParameters,
      label: pipeDataConsumer.label,
      protocol: pipeDataConsumer.protocol,
      appData: dataProducer.appData,
    });
    if (dataProducer.closed) {
      throw new errors.NotFoundError('original DataProducer closed');
    }
    assertOpen(pipeDataConsumer, pipeDataProducer);

    const opened = pipeDataProducer;

    pipeDataConsumer.observer.on('close', () => opened.close());
    opened.observer.on('close', () => pipeDataConsumer.close());

    return { pipeDataConsumer, pipeDataProducer };
  } catch (error) {
    loggerOf('router').error(
      'pipeToRouter() | error creating pipe DataConsumer/DataProducer pair:',
      error as Error,
    );
    pipeDataConsumer.close();
    pipeDataProducer?.close();
    throw error;
  }
}
