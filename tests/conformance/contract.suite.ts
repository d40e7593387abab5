import { inspect } from 'node:util';
import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { EventLog, nextEvent, recordEvents, until } from '../support/events.js';
import {
  audioProducer,
  loopback,
  mediaCodecs,
  receiverCapabilities,
  videoProducer,
} from '../support/media.js';
import { consume } from '../support/plain.js';
import type { Target } from '../support/targets.js';
import { closeWorker, useTarget } from '../support/useTarget.js';

export function contractSuite(target: Target): void {
  describe('the contract between calls, getters and events', () => {
    const running = useTarget(target);

    /** One of every kind, without media. */
    async function everything() {
      const worker = await running.createWorker();
      const webRtcServer = await worker.createWebRtcServer({ listenInfos: [loopback] });
      const router = await worker.createRouter({ mediaCodecs });
      const webRtcTransport = await router.createWebRtcTransport({
        webRtcServer,
        enableSctp: true,
      });
      const plainTransport = await router.createPlainTransport({
        listenInfo: loopback,
        enableSrtp: true,
        enableSctp: true,
      });
      const directTransport = await router.createDirectTransport();
      const producer = await webRtcTransport.produce(audioProducer(1));
      const video = await webRtcTransport.produce(videoProducer(2, 3, 4));
      const consumer = await consume(plainTransport, producer);
      const videoConsumer = await consume(plainTransport, video);
      const dataProducer = await directTransport.produceData({ label: 'chat' });
      const dataConsumer = await directTransport.consumeData({
        dataProducerId: dataProducer.id,
      });
      const audioLevelObserver = await router.createAudioLevelObserver();
      const activeSpeakerObserver = await router.createActiveSpeakerObserver();

      return {
        worker,
        webRtcServer,
        router,
        webRtcTransport,
        plainTransport,
        directTransport,
        producer,
        video,
        consumer,
        videoConsumer,
        dataProducer,
        dataConsumer,
        audioLevelObserver,
        activeSpeakerObserver,
      };
    }

    test('whatever is new is announced before its promise resolves, as that very object', async () => {
      const announced: unknown[] = [];
      const announce = (entity: unknown): void => void announced.push(entity);
      const check = <T>(entity: T): T => {
        expect(announced).toHaveLength(1);
        expect(announced.pop()).toBe(entity);

        return entity;
      };

      running.mediasoup.observer.on('newworker', announce);

      const worker = check(await running.createWorker());

      running.mediasoup.observer.off('newworker', announce);
      worker.observer.on('newwebrtcserver', announce);
      worker.observer.on('newrouter', announce);

      const webRtcServer = check(await worker.createWebRtcServer({ listenInfos: [loopback] }));
      const router = check(await worker.createRouter({ mediaCodecs }));

      router.observer.on('newtransport', announce);
      router.observer.on('newrtpobserver', announce);
      check(await router.createAudioLevelObserver());
      check(await router.createActiveSpeakerObserver());

      const transports = [
        check(await router.createWebRtcTransport({ webRtcServer, enableSctp: true })),
        check(await router.createPlainTransport({ listenInfo: loopback, enableSctp: true })),
        check(await router.createPipeTransport({ listenInfo: loopback, enableSctp: true })),
        check(await router.createDirectTransport()),
      ];

      for (const [index, transport] of transports.entries()) {
        const observer: types.TransportObserver = transport.observer;

        observer.on('newproducer', announce);
        observer.on('newconsumer', announce);
        observer.on('newdataproducer', announce);
        observer.on('newdataconsumer', announce);

        const producer = check(await transport.produce(audioProducer(index + 1)));

        check(await consume(transport, producer));

        const dataProducer = check(
          await transport.produceData({
            sctpStreamParameters: transport.type === 'direct' ? undefined : { streamId: 1 },
          }),
        );

        check(await transport.consumeData({ dataProducerId: dataProducer.id }));
      }
    });

    test('state comes first, then the event, then the promise', async () => {
      const {
        producer,
        consumer,
        dataProducer,
        dataConsumer,
        audioLevelObserver,
        activeSpeakerObserver,
      } = await everything();
      // Consumers first: what their producers do would reach them later.
      const pausable = {
        consumer,
        producer,
        dataConsumer,
        dataProducer,
        audioLevelObserver,
        activeSpeakerObserver,
      };

      for (const [name, entity] of Object.entries(pausable)) {
        const log = new EventLog();
        const observer: types.ProducerObserver = entity.observer as never;
        const note = (what: string) => () => log.note(`${what} ${entity.paused}`);

        observer.on('pause', note('event'));
        observer.on('resume', note('event'));
        await entity.pause().then(note('promise'));
        await entity.resume().then(note('promise'));
        expect({ [name]: log.lines }).toEqual({
          [name]: ['event true', 'promise true', 'event false', 'promise false'],
        });
      }
    });

    test('pausing and resuming without waiting keeps its order and tells real changes only', async () => {
      const { producer, consumer, dataProducer, dataConsumer, activeSpeakerObserver } =
        await everything();

      for (const entity of [consumer, producer, dataConsumer, dataProducer]) {
        const log: string[] = [];
        const observer: types.ProducerObserver = entity.observer as never;

        observer.on('pause', () => log.push('pause'));
        observer.on('resume', () => log.push('resume'));

        const calls = [entity.pause(), entity.pause(), entity.resume(), entity.pause()];

        expect(entity.paused).toBe(false);
        await Promise.all(calls);
        expect(log).toEqual(['pause', 'resume', 'pause']);
        expect(entity.paused).toBe(true);
        await Promise.all([entity.resume(), entity.resume()]);
        expect(log).toEqual(['pause', 'resume', 'pause', 'resume']);
        expect(entity.paused).toBe(false);
      }

      await Promise.all([activeSpeakerObserver.pause(), activeSpeakerObserver.resume()]);
      expect(activeSpeakerObserver.paused).toBe(false);
    });

    test('listeners added right after creation miss nothing', async () => {
      const { producer, plainTransport, dataProducer, directTransport } = await everything();
      const consuming = consume(plainTransport, producer);
      const consumingData = directTransport.consumeData({ dataProducerId: dataProducer.id });

      dataProducer.send('early');
      producer.close();

      const dataConsumer = await consumingData;
      const message = nextEvent(dataConsumer, 'message');
      const consumer = await consuming;

      expect(consumer.closed).toBe(false);
      await nextEvent(consumer, 'producerclose');
      expect(consumer.closed).toBe(true);
      await expect(message).resolves.toEqual([Buffer.from('early'), 51]);
    });

    test('what a getter gives is a copy', async () => {
      const all = await everything();
      const getters = [
        [all.router, 'rtpCapabilities'],
        [all.webRtcTransport, 'iceCandidates'],
        [all.webRtcTransport, 'dtlsParameters'],
        [all.webRtcTransport, 'sctpParameters'],
        [all.plainTransport, 'tuple'],
        [all.plainTransport, 'sctpParameters'],
        [all.plainTransport, 'srtpParameters'],
        [all.producer, 'rtpParameters'],
        [all.producer, 'consumableRtpParameters'],
        [all.producer, 'score'],
        [all.consumer, 'rtpParameters'],
        [all.consumer, 'score'],
        [all.videoConsumer, 'preferredLayers'],
        [all.dataConsumer, 'subchannels'],
      ] as const;

      for (const [entity, getter] of getters) {
        const read = (): object => (entity as never)[getter];
        const original = structuredClone(read());
        const changed = read();

        expect(changed, getter).toBeTypeOf('object');
        Object.assign(changed, { 0: 'changed', extra: 'changed' });
        expect(read(), getter).toEqual(original);
      }
    });

    test('appData is the very object of the app, whatever it holds', async () => {
      const { worker, webRtcServer, router, directTransport, producer, dataProducer } =
        await everything();
      const appData: types.AppData = { map: new Map(), call: () => 'me', worker, date: new Date() };

      appData.itself = appData;

      const created = [
        await running.createWorker({ appData }),
        await worker.createWebRtcServer({ listenInfos: [loopback], appData }),
        await worker.createRouter({ appData }),
        await router.createWebRtcTransport({ webRtcServer, appData }),
        await router.createPlainTransport({ listenInfo: loopback, appData }),
        await router.createPipeTransport({ listenInfo: loopback, appData }),
        await router.createDirectTransport({ appData }),
        await router.createAudioLevelObserver({ appData }),
        await router.createActiveSpeakerObserver({ appData }),
        await directTransport.produce({ ...audioProducer(9), appData }),
        await consume(directTransport, producer, { appData }),
        await directTransport.produceData({ appData }),
        await directTransport.consumeData({ dataProducerId: dataProducer.id, appData }),
      ];

      for (const entity of created) {
        expect(entity.appData).toBe(appData);

        const another = { written: 'later' };

        entity.appData = another;
        expect(entity.appData).toBe(another);
      }

      const plain = await worker.createRouter();

      expect(plain.appData).toEqual({});
      plain.appData.counter = 1;
      expect(plain.appData).toEqual({ counter: 1 });
      await expect(worker.createRouter({ appData: 'text' as never })).rejects.toThrow(
        new TypeError('if given, appData must be an object'),
      );
    });

    test('the app data of what pipeToRouter() makes is that of its origin', async () => {
      const { router, directTransport } = await everything();
      const remote = await running.createRouter();
      const appData = { name: 'mine' };
      const producer = await directTransport.produce({ ...audioProducer(9), appData });
      const dataProducer = await directTransport.produceData({ appData });
      const piped = await router.pipeToRouter({ producerId: producer.id, router: remote });
      const pipedData = await router.pipeToRouter({
        dataProducerId: dataProducer.id,
        router: remote,
      });

      expect(piped.pipeProducer!.appData).toBe(appData);
      expect(pipedData.pipeDataProducer!.appData).toBe(appData);
      expect(piped.pipeConsumer!.appData).toEqual({});
    });

    test('errors are of their class and say what is wrong', async () => {
      const all = await everything();
      const { NotFoundError, UnsupportedError, WorkerClosedError } = running.mediasoup.errors;
      const { worker, router, webRtcTransport, plainTransport, directTransport } = all;
      const consuming = (producerId: string) =>
        plainTransport.consume({ producerId, rtpCapabilities: receiverCapabilities });

      await expect(consuming('nobody')).rejects.toThrow(
        new NotFoundError('Producer with id "nobody" not found'),
      );
      await expect(consuming('')).rejects.toThrow(new TypeError('missing producerId'));
      await expect(
        plainTransport.consume({ producerId: all.producer.id, rtpCapabilities: { codecs: [] } }),
      ).rejects.toThrow(UnsupportedError);
      await expect(directTransport.consumeData({ dataProducerId: 'nobody' })).rejects.toThrow(
        new NotFoundError('DataProducer with id "nobody" not found'),
      );
      await expect(
        webRtcTransport.produce({ ...audioProducer(5), kind: 'smell' as never }),
      ).rejects.toThrow(new TypeError('invalid kind "smell"'));
      await expect(
        webRtcTransport.produce({ ...audioProducer(5), id: all.producer.id }),
      ).rejects.toThrow(
        new TypeError(`a Producer with same id "${all.producer.id}" already exists`),
      );
      await expect(webRtcTransport.produce(audioProducer(1))).rejects.toThrow(
        'ssrc already exists in RTP listener [ssrc:1]',
      );
      await expect(webRtcTransport.connect({} as never)).rejects.toThrow(TypeError);
      await expect(router.createWebRtcTransport({} as never)).rejects.toThrow(
        new TypeError('missing webRtcServer, listenInfos and listenIps (one of them is mandatory)'),
      );
      await expect(router.pipeToRouter({ producerId: all.producer.id, router })).rejects.toThrow(
        new TypeError('cannot use this Router as destination'),
      );
      await expect(directTransport.setMaxIncomingBitrate(1)).rejects.toThrow(
        new UnsupportedError('setMaxIncomingBitrate() not implemented in DirectTransport'),
      );
      await expect(all.consumer.setPreferredLayers({} as never)).rejects.toThrow(
        new TypeError('spatialLayer must be a number'),
      );
      await expect(all.consumer.setPriority('high' as never)).rejects.toThrow(
        new TypeError('priority must be a positive number'),
      );
      await expect(all.producer.enableTraceEvent('rtp' as never)).rejects.toThrow(
        new TypeError('types must be an array'),
      );
      expect(() => all.dataProducer.send(1 as never)).toThrow(
        new TypeError('message must be a string or a Buffer'),
      );

      all.consumer.close();
      await expect(all.consumer.pause()).rejects.toThrow(NotFoundError);
      await expect(all.consumer.setPreferredLayers({} as never)).rejects.toThrow(TypeError);
      plainTransport.close();
      await expect(plainTransport.connect({})).rejects.toThrow(NotFoundError);
      router.close();
      await expect(router.dump()).rejects.toThrow(NotFoundError);
      worker.close();
      await expect(worker.dump()).rejects.toThrow(WorkerClosedError);
      await expect(worker.createRouter()).rejects.toThrow(WorkerClosedError);
      await expect(all.producer.pause()).rejects.toThrow(WorkerClosedError);
      await expect(running.mediasoup.createWorker({ logLevel: 'chatty' as never })).rejects.toThrow(
        new TypeError('wrong settings'),
      );
    });

    test('every error names its class', async () => {
      const { errors } = running.mediasoup;

      for (const [name, ErrorClass] of Object.entries(errors)) {
        const error = new ErrorClass('why');

        expect(error).toBeInstanceOf(Error);
        expect(error.name).toBe(name);
        expect(error.message).toBe('why');
      }
      expect(Object.keys(errors).sort()).toEqual([
        'NotFoundError',
        'UnsupportedError',
        'WorkerClosedError',
      ]);
    });

    test('what is pending when its worker closes is rejected', async () => {
      const { worker, router, producer } = await everything();
      const { WorkerClosedError } = running.mediasoup.errors;
      const pending = Promise.allSettled([
        worker.createRouter(),
        router.createDirectTransport(),
        producer.getStats(),
      ]);

      worker.close();
      for (const result of await pending) {
        expect(result).toMatchObject({ status: 'rejected', reason: expect.any(WorkerClosedError) });
      }
    });

    test('nothing is undefined, not null', async () => {
      const all = await everything();
      const remote = '127.0.0.1';

      expect(all.webRtcTransport.iceSelectedTuple).toBe(undefined);
      expect(all.webRtcTransport.dtlsRemoteCert).toBe(undefined);
      expect(all.webRtcTransport.sctpNegotiatedCapabilities).toBe(undefined);
      expect(all.plainTransport.rtcpTuple).toBe(undefined);
      expect(all.plainTransport.tuple.remoteIp).toBe(undefined);
      expect(all.consumer.preferredLayers).toBe(undefined);
      expect(all.consumer.currentLayers).toBe(undefined);
      expect(all.dataProducer.sctpStreamParameters).toBe(undefined);
      expect(all.dataConsumer.sctpStreamParameters).toBe(undefined);

      for (const result of [
        await all.worker.updateSettings({ logLevel: 'error' }),
        await all.producer.pause(),
        await all.producer.resume(),
        await all.producer.enableTraceEvent(['rtp']),
        await all.consumer.requestKeyFrame(),
        await all.consumer.setPriority(2),
        await all.consumer.unsetPriority(),
        await all.videoConsumer.setPreferredLayers({ spatialLayer: 1 }),
        await all.dataConsumer.setSubchannels([1]),
        await all.webRtcTransport.setMaxIncomingBitrate(100_000),
        await all.audioLevelObserver.addProducer({ producerId: all.producer.id }),
        await all.directTransport.connect(),
        all.dataProducer.send('text'),
        all.producer.send(Buffer.alloc(0)),
        all.consumer.close(),
        all.router.updateMediaCodecs(mediaCodecs),
        all.router.close(),
        running.mediasoup.setLogEventListeners(),
      ]) {
        expect(result).toBe(undefined);
      }

      const [stats] = await Promise.all([
        (await running.createRouter())
          .createPlainTransport({ listenInfo: loopback })
          .then(async (transport) => {
            await transport.connect({ ip: remote, port: 9 });

            return transport.getStats();
          }),
      ]);

      expect(stats[0]).toMatchObject({ rtcpTuple: undefined, tuple: { remotePort: 9 } });
    });

    test('calls show in the getters when their promise resolves', async () => {
      const all = await everything();
      const { videoConsumer, plainTransport, dataConsumer } = all;

      await videoConsumer.setPriority(7);
      expect(videoConsumer.priority).toBe(7);
      await videoConsumer.unsetPriority();
      expect(videoConsumer.priority).toBe(1);
      await videoConsumer.setPreferredLayers({ spatialLayer: 1, temporalLayer: 1 });
      expect(videoConsumer.preferredLayers).toEqual({ spatialLayer: 1, temporalLayer: 1 });
      await dataConsumer.setSubchannels([3, 3, 1]);
      expect(dataConsumer.subchannels.sort()).toEqual([1, 3]);

      const { keyBase64 } = plainTransport.srtpParameters!;

      await plainTransport.connect({
        ip: '127.0.0.1',
        port: 9999,
        srtpParameters: { cryptoSuite: 'AES_CM_128_HMAC_SHA1_32', keyBase64 },
      });
      expect(plainTransport.tuple).toMatchObject({ remoteIp: '127.0.0.1', remotePort: 9999 });
      expect(plainTransport.srtpParameters!.cryptoSuite).toBe('AES_CM_128_HMAC_SHA1_32');

      const codec = { ...mediaCodecs[1]!, mimeType: 'video/H264' };

      all.router.updateMediaCodecs([...mediaCodecs, codec]);
      expect(all.router.rtpCapabilities.codecs!.map(({ mimeType }) => mimeType)).toContain(
        'video/H264',
      );
    });

    test('canConsume() answers at once', async () => {
      const { router, producer } = await everything();
      const remote = await running.createRouter();

      expect(
        router.canConsume({ producerId: producer.id, rtpCapabilities: receiverCapabilities }),
      ).toBe(true);
      expect(router.canConsume({ producerId: producer.id, rtpCapabilities: { codecs: [] } })).toBe(
        false,
      );
      expect(
        router.canConsume({ producerId: 'nobody', rtpCapabilities: receiverCapabilities }),
      ).toBe(false);

      await router.pipeToRouter({ producerId: producer.id, router: remote });
      expect(
        remote.canConsume({ producerId: producer.id, rtpCapabilities: receiverCapabilities }),
      ).toBe(true);
    });

    test('a listener that throws harms nobody', async () => {
      const { producer } = await everything();
      const errors: unknown[] = [];
      const after = recordEvents(producer.observer, 'resume');

      producer.observer.on('pause', () => {
        throw new Error('of the app');
      });
      producer.observer.on(
        'listenererror' as never,
        ((...args: unknown[]) => errors.push(args)) as never,
      );
      await producer.pause();
      await producer.resume();
      expect(errors).toEqual([['pause', new Error('of the app')]]);
      expect(after).toEqual([[]]);
    });

    test('objects are logged small and without secrets', async () => {
      const all = await everything();
      const secrets = [
        all.webRtcTransport.iceParameters.password,
        all.plainTransport.srtpParameters!.keyBase64,
      ];

      for (const [name, entity] of Object.entries(all)) {
        const inspected = inspect(entity, { depth: null });
        const json = JSON.stringify({ listenInfos: [loopback], entity });

        expect(inspected.length, `inspect(${name})`).toBeLessThan(4000);
        expect(json.length, `JSON.stringify(${name})`).toBeLessThan(1000);
        for (const secret of secrets) {
          expect(inspected).not.toContain(secret);
          expect(json).not.toContain(secret);
        }
      }
    });

    test('old, unknown and undefined options pass', async () => {
      const worker = await running.createWorker({
        rtcMinPort: 20_000,
        rtcMaxPort: 30_000,
        disableLiburing: true,
        logTags: undefined,
        dtlsCertificateFile: undefined,
      } as types.WorkerSettings);
      const router = await worker.createRouter({ mediaCodecs, unknown: 1 } as types.RouterOptions);
      const webRtcServer = await worker.createWebRtcServer({ listenInfos: [loopback] });
      const old = await router.createWebRtcTransport({
        listenIps: [{ ip: '127.0.0.1', announcedIp: '192.0.2.1' }],
        enableUdp: undefined,
        numSctpStreams: { OS: 1024, MIS: 1024 },
      } as never);
      const both = await router.createWebRtcTransport({
        webRtcServer,
        listenInfos: [loopback],
      } as never);
      const plain = await router.createPlainTransport({
        listenIp: '127.0.0.1',
        appData: undefined,
      });

      expect(old.iceCandidates).toMatchObject([{ address: '192.0.2.1', protocol: 'udp' }]);
      expect(old.iceCandidates[0]!.port).toBeGreaterThanOrEqual(20_000);
      expect(old.iceCandidates[0]!.port).toBeLessThanOrEqual(30_000);
      expect(both.iceCandidates.length).toBeGreaterThan(0);
      expect(plain.tuple.localAddress).toBe('127.0.0.1');
      expect(plain.appData).toEqual({});
    });

    test('the module has functions of its own, which need no "this"', async () => {
      const { mediasoup } = running;

      expect(Object.keys(mediasoup)).toEqual(
        expect.arrayContaining([
          'createWorker',
          'errors',
          'extras',
          'getSupportedRtpCapabilities',
          'observer',
          'ortc',
          'parseScalabilityMode',
          'setLogEventListeners',
          'version',
          'workerBin',
        ]),
      );

      const { createWorker, getSupportedRtpCapabilities, parseScalabilityMode } = mediasoup;
      const worker = await createWorker();

      expect(getSupportedRtpCapabilities().codecs!.length).toBeGreaterThan(5);
      expect(parseScalabilityMode('L3T2_KEY')).toEqual({
        spatialLayers: 3,
        temporalLayers: 2,
        ksvc: true,
      });
      await closeWorker(worker);
    });

    test('two workers are two processes', async () => {
      const workers = [await running.createWorker(), await running.createWorker()];
      const [first, second] = workers.map(({ pid }) => pid);

      expect(first).toBeTypeOf('number');
      expect(first).not.toBe(second);
      await until('resources used', async () => (await workers[0]!.getResourceUsage()).ru_maxrss);
    });
  });
}
