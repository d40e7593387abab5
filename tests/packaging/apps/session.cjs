/* eslint-disable @typescript-eslint/no-require-imports, no-undef -- CommonJS is the matter here */
'use strict';
const { once } = require('node:events');

/* What an application does with mediasoup, whatever it got it from. Gives what came of it. */
exports.session = async function session(mediasoup) {
  const announced = once(mediasoup.observer, 'newworker');
  const worker = await mediasoup.createWorker({ appData: { map: new Map() } });
  const router = await worker.createRouter({
    mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 }],
  });
  const transport = await router.createDirectTransport();
  const dataProducer = await transport.produceData({ label: 'chat' });
  const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });

  dataProducer.send('hello');

  const [message, ppid] = await once(dataConsumer, 'message');
  const failure = await transport.consume({ producerId: 'nobody', rtpCapabilities: {} }).then(
    () => undefined,
    (error) => error,
  );
  const result = {
    version: mediasoup.version,
    codecs: router.rtpCapabilities.codecs.map(({ mimeType }) => mimeType),
    announced: (await announced)[0] === worker,
    message: `${message} ${ppid}`,
    appData: worker.appData.map instanceof Map,
    failure: failure instanceof mediasoup.errors.NotFoundError && failure.message,
    failureClass: failure?.constructor,
  };

  worker.close();
  if (!worker.subprocessClosed) await once(worker, 'subprocessclose');

  return result;
};
