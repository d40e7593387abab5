import type { types } from 'mediasoup';
import { type EarlyCall, isEarly } from './early.js';
import { areApart } from '../host.js';
import { assertOpen, PipePair } from './PipePair.js';

/** What a router knows of its transports' producers. */
export interface KnownProducers {
  readonly producers: ReadonlyMap<string, types.Producer>;
  readonly dataProducers: ReadonlyMap<string, types.DataProducer>;
}

export interface PipeContext {
  /** Of the source router. */
  known: KnownProducers;
  /** mediasoup's own. */
  NotFoundError: new (message: string) => Error;
  /** Told what went wrong, as mediasoup logs it. */
  logError(message: string, error: Error): void;
  /** Milliseconds that making a pair may take; 0 leaves it to the calls. */
  timeout: number;
}

/** One pair for two routers, whichever of them asked first. */
const pairs = new WeakMap<types.Router, WeakMap<types.Router, Promise<PipePair>>>();

/**
 * What mediasoup's Router does, on public methods alone: so it works whatever servers the two
 * routers are on. Between two hosts, see {@link endOptions}.
 *
 * https://mediasoup.org/documentation/v3/mediasoup/api/#router-pipeToRouter
 *
 * @throws As mediasoup's, and PipeError.
 */
export async function pipeToRouter(
  source: types.Router,
  options: types.PipeToRouterOptions,
  context: PipeContext,
): Promise<types.PipeToRouterResult> {
  const { producerId, dataProducerId, router: target, keepId = true } = options;

  checkOptions(source, options);

  const producer = producerId ? context.known.producers.get(producerId) : undefined;
  const dataProducer = producerId
    ? undefined
    : context.known.dataProducers.get(dataProducerId as string);

  if (!producer && !dataProducer) {
    throw new context.NotFoundError(producerId ? 'Producer not found' : 'DataProducer not found');
  }

  // On one host it is step by step as in mediasoup, down to the order of what can be heard of it.
  const early: EarlyCall | undefined = areApart(source, target) ? {} : undefined;
  const making = pairOf(source, target, options, context, early);
  // Asked for together with the transport, if this call makes the pair and it can be done.
  const consuming =
    producer && isEarly(early) ? early.consume('consume', { producerId: producer.id }) : undefined;

  // If the pair cannot be made, that is what is told.
  consuming?.catch(() => undefined);

  const pair = await making;
  // SCTP comes about with the first stream of messages, and applications hear of it.
  const goesAhead = early !== undefined && producer !== undefined;

  if (!goesAhead) {
    await pair.connected;
  }

  const ends: Ends = {
    local: pair.endIn(source),
    remote: pair.endIn(target),
    connecting: goesAhead ? pair.connected : undefined,
    keepId,
  };

  return producer
    ? pipeProducer(ends, producer, consuming, context)
    : pipeDataProducer(ends, dataProducer as types.DataProducer, context);
}

interface Ends {
  local: types.PipeTransport;
  remote: types.PipeTransport;
  /** Undefined if they are connected. */
  connecting: Promise<void> | undefined;
  keepId: boolean;
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

/** The pair of two routers; calls that cross share one. */
function pairOf(
  source: types.Router,
  target: types.Router,
  options: types.PipeToRouterOptions,
  context: PipeContext,
  early: EarlyCall | undefined,
): Promise<PipePair> {
  const known = pairs.get(source)?.get(target);

  if (known) {
    return known;
  }

  const { timeout, NotFoundError } = context;
  const pair = PipePair.create(source, target, {
    transport: transportOptions(options),
    timeout,
    early: early && { router: source, call: early },
    // Those of the two differ: what comes late is known by it.
    appData: () => ({ ...(options as { appData?: types.AppData }).appData }),
    closedError: () => new NotFoundError('closed while it was being piped'),
    onClose: () => {
      pairs.get(source)?.delete(target);
      pairs.get(target)?.delete(source);
    },
  });

  for (const [from, to] of [
    [source, target],
    [target, source],
  ] as const) {
    const others = pairs.get(from) ?? new WeakMap<types.Router, Promise<PipePair>>();

    others.set(to, pair);
    pairs.set(from, others);
  }
  pair.catch((error: Error) =>
    context.logError('pipeToRouter() | error creating PipeTransport pair:', error),
  );

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

async function pipeProducer(
  { local, remote, connecting, keepId }: Ends,
  producer: types.Producer,
  consuming: Promise<types.Consumer> | undefined,
  context: PipeContext,
): Promise<types.PipeToRouterResult> {
  const closedError = () => new context.NotFoundError('closed while it was being piped');
  const pipeConsumer = await (consuming ?? local.consume({ producerId: producer.id }));
  let pipeProducer: types.Producer | undefined;

  try {
    const producing = remote.produce({
      id: keepId ? producer.id : undefined,
      kind: pipeConsumer.kind,
      rtpParameters: pipeConsumer.rtpParameters,
      paused: pipeConsumer.producerPaused,
      appData: producer.appData,
    });

    if (connecting) {
      await Promise.all([producing, connecting]);
    }
    pipeProducer = await producing;
    if (producer.closed) {
      throw new context.NotFoundError('original Producer closed');
    }
    assertOpen([pipeConsumer, pipeProducer], closedError);
    if (pipeProducer.paused !== producer.paused) {
      await (producer.paused ? pipeProducer.pause() : pipeProducer.resume());
      assertOpen([producer, pipeConsumer, pipeProducer], closedError);
    }
    follow(pipeConsumer, pipeProducer);

    return { pipeConsumer, pipeProducer };
  } catch (error) {
    context.logError(
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
  { local, remote, keepId }: Ends,
  dataProducer: types.DataProducer,
  context: PipeContext,
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
      throw new context.NotFoundError('original DataProducer closed');
    }
    assertOpen(
      [pipeDataConsumer, pipeDataProducer],
      () => new context.NotFoundError('closed while it was being piped'),
    );

    const opened = pipeDataProducer;

    pipeDataConsumer.observer.on('close', () => opened.close());
    opened.observer.on('close', () => pipeDataConsumer.close());

    return { pipeDataConsumer, pipeDataProducer };
  } catch (error) {
    context.logError(
      'pipeToRouter() | error creating pipe DataConsumer/DataProducer pair:',
      error as Error,
    );
    pipeDataConsumer.close();
    pipeDataProducer?.close();
    throw error;
  }
}
