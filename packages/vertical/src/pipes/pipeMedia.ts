import {
  assertOpen,
  createOwned,
  type EarlyCall,
  ignore,
  markInternal,
  withEarly,
} from '@tureen/manager';
import type { types } from 'mediasoup';
import type { Copy, PipedStream } from './Copy.js';

/**
 * Pipes a producer to where a copy of it is wanted, and keeps the copy in step: paused as the
 * original is, closed with it.
 */
export async function pipeProducer(original: types.Producer, copy: Copy): Promise<PipedStream> {
  const { sourceId, asked, source, target, connected, timeout } = await copy.ends((consume, id) =>
    consume('consume', { producerId: id, appData: markInternal({}) }),
  );
  const consumer = await (asked ??
    createOwned(source.observer, 'newconsumer', timeout, (appData) =>
      source.consume({ producerId: sourceId, appData }),
    ));
  const produce = () => {
    assertOpen([original, source, target, consumer]);

    const early: EarlyCall = {};
    const producing = createOwned(target.observer, 'newproducer', timeout, (appData) =>
      target.produce(
        withEarly(
          {
            id: copy.producerId,
            kind: consumer.kind,
            rtpParameters: consumer.rtpParameters,
            paused: original.paused,
            appData,
          },
          early,
        ),
      ),
    );

    copy.produceAsked(early);

    return producing;
  };

  return complete(original, consumer, copy, produce, () => connected);
}

/** As {@link pipeProducer}, for messages; waits until the first one can pass. */
export async function pipeDataProducer(
  original: types.DataProducer,
  copy: Copy,
): Promise<PipedStream> {
  // A worker never repeats what it sends unordered. What gets lost between sender and receiver must
  // be theirs to lose: the pipe itself carries all of it.
  const ordered = true;
  const { sourceId, asked, source, target, connected, dataReady, timeout } = await copy.ends(
    (consume, id) =>
      consume('consumeData', { dataProducerId: id, ordered, appData: markInternal({}) }),
  );
  const consumer = await (asked ??
    createOwned(source.observer, 'newdataconsumer', timeout, (appData) =>
      source.consumeData({ dataProducerId: sourceId, ordered, appData }),
    ));
  const produce = () => {
    assertOpen([original, source, target, consumer]);

    return createOwned(target.observer, 'newdataproducer', timeout, (appData) =>
      target.produceData({
        id: copy.producerId,
        // Consumers of the copy take over how the original is sent.
        sctpStreamParameters: { ...original.sctpStreamParameters, ...streamOf(consumer) },
        label: consumer.label,
        protocol: consumer.protocol,
        paused: original.paused,
        appData,
      }),
    );
  };

  // SCTP connects when there is a first stream that needs it.
  return complete(original, consumer, copy, produce, () => connected.then(dataReady));
}

/** Adds the other end and keeps both in step with the original; leaves neither if that fails. */
async function complete(
  original: AnyProducer,
  consumer: AnyConsumer,
  copy: Copy,
  produce: () => Promise<AnyProducer>,
  ready: () => Promise<void>,
): Promise<PipedStream> {
  let producer: AnyProducer | undefined;

  try {
    producer = await produce();
    await ready();
    assertOpen([original, consumer, producer]);
    // The original can change again while the copy does.
    while (producer.paused !== original.paused) {
      await (original.paused ? producer.pause() : producer.resume());
      assertOpen([original, consumer, producer]);
    }

    return { consumer, producer, unlink: link(original, consumer, producer, copy) };
  } catch (error) {
    consumer.close();
    producer?.close();
    throw error;
  }
}

/** On a pipe there is always one. */
function streamOf({ sctpStreamParameters }: types.DataConsumer): { streamId: number } {
  return { streamId: sctpStreamParameters!.streamId };
}

type AnyProducer = types.Producer | types.DataProducer;
type AnyConsumer = types.Consumer | types.DataConsumer;

/** What the observers of all of them tell. */
interface Observer {
  on(event: 'close' | 'pause' | 'resume', listener: () => void): unknown;
  off(event: 'close' | 'pause' | 'resume', listener: () => void): unknown;
}

function link(
  original: AnyProducer,
  consumer: AnyConsumer,
  producer: AnyProducer,
  copy: Copy,
): () => void {
  const close = () => copy.close();
  // Fails only if the copy has closed meanwhile, and then there is nothing to keep in step.
  const pause = () => void producer.pause().catch(ignore);
  const resume = () => void producer.resume().catch(ignore);

  const source = original.observer as Observer;
  const ends = [consumer.observer, producer.observer] as Observer[];

  source.on('close', close);
  source.on('pause', pause);
  source.on('resume', resume);
  ends.forEach((end) => end.on('close', close));

  return () => {
    source.off('close', close);
    source.off('pause', pause);
    source.off('resume', resume);
    ends.forEach((end) => end.off('close', close));
  };
}
