import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { EventLog, nextEvent, recordEvents } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs } from '../support/media.js';
import { local } from '../support/targets/local.js';
import { vertical } from '../support/targets/vertical.js';
import { useTarget } from '../support/useTarget.js';

/** mediasoup first: what it does is right. With one worker below there is nothing to be different. */
describe.each([local, vertical(1)])('what is begun in one go on $name', (target) => {
  const running = useTarget(target);

  const appData = { role: 'host' };

  test('is announced in the order of the calls', async () => {
    const worker = await running.createWorker();
    const log = new EventLog();

    log.watch('worker', 'worker', worker);

    const [router, server] = await Promise.all([
      worker.createRouter({ mediaCodecs, appData }),
      worker.createWebRtcServer({ listenInfos: [loopback], appData }),
    ]);

    expect(log.lines).toEqual([
      'worker.observer newrouter [open]',
      'worker.observer newwebrtcserver [open]',
    ]);
    expect([router.appData, server.appData]).toEqual([appData, appData]);
    expect(router.appData).toBe(appData);
    expect(server.appData).toBe(appData);
  });

  test('is announced once each, though one of them fails and all have the same appData', async () => {
    const worker = await running.createWorker();
    const announced = recordEvents(worker.observer, 'newwebrtcserver');
    const [wrong, right] = await Promise.allSettled([
      // Nobody can listen there.
      worker.createWebRtcServer({ listenInfos: [{ protocol: 'udp', ip: '192.0.2.1' }], appData }),
      worker.createWebRtcServer({ listenInfos: [loopback], appData }),
    ]);

    expect(wrong.status).toBe('rejected');
    expect(announced).toEqual([[right.status === 'fulfilled' && right.value]]);
  });

  test('finds in dumps what there is at that point', async () => {
    const worker = await running.createWorker();
    const before = worker.dump();
    const router = await worker.createRouter({ mediaCodecs });

    expect((await before).routerIds).toEqual([]);

    const transport = await router.createDirectTransport();
    const audible = await router.createAudioLevelObserver();
    const full = router.dump();

    transport.close();
    audible.close();
    expect(await full).toMatchObject({
      transportIds: [transport.id],
      rtpObserverIds: [audible.id],
    });
    expect(await router.dump()).toMatchObject({ transportIds: [], rtpObserverIds: [] });

    const last = worker.dump();

    router.close();
    expect((await last).routerIds).toEqual([router.id]);
    expect((await worker.dump()).routerIds).toEqual([]);
  });

  test('pipes to another router as that was at that point', async () => {
    const [one, other] = [await running.createRouter(), await running.createRouter()];
    const announced = recordEvents(other.observer, 'newtransport');
    const transport = await one.createDirectTransport();
    const producer = await transport.produce(audioProducer(1));
    const piped = one.pipeToRouter({ producerId: producer.id, router: other });
    const dump = other.dump();
    const [direct] = await Promise.all([other.createDirectTransport(), piped]);
    const ids = announced.map(([{ id }]) => id);

    expect(ids).toHaveLength(2);
    expect(ids[1]).toBe(direct.id);
    expect((await dump).transportIds).toEqual([ids[0]]);
  });

  test('tells of a pipe that is refused since the source closed as mediasoup does', async () => {
    const [one, other] = [await running.createRouter(), await running.createRouter()];
    const transport = await one.createDirectTransport();
    const producer = await transport.produce(audioProducer(1));
    const piped = one.pipeToRouter({ producerId: producer.id, router: other });

    transport.close();
    await expect(piped).rejects.toThrow(`Producer with id "${producer.id}" not found`);
  });

  test.each([
    (router: types.Router) => router.createActiveSpeakerObserver({ appData }),
    (router: types.Router) => router.createAudioLevelObserver({ appData }),
  ])('makes an observer though its router closes %#', async (create) => {
    const router = await running.createRouter();
    const announced = recordEvents(router.observer, 'newrtpobserver');
    const creating = create(router);

    router.close();

    const observer = await creating;

    expect(announced).toEqual([[observer]]);
    expect(observer.closed).toBe(false);
    expect(observer.appData).toBe(appData);
    // Its worker has nothing of it.
    await expect(observer.pause()).rejects.toThrow('not found');
    await expect(observer.addProducer({ producerId: 'x' })).rejects.toThrow('not found');
    observer.close();
  });

  test('is told by an observer in the order of the calls, though its router closes', async () => {
    const router = await running.createRouter();
    const transport = await router.createDirectTransport();
    const producer = await transport.produce(audioProducer(1));
    const { id: producerId } = producer;
    const observer = await router.createAudioLevelObserver();
    const log = new EventLog();

    log.watch('it', 'audioLevelObserver', observer);
    await Promise.all([
      observer.pause(),
      observer.addProducer({ producerId }),
      observer.removeProducer({ producerId }),
    ]);
    expect(log.lines.splice(0)).toEqual([
      'it.observer pause [open]',
      'it.observer addproducer [open]',
      'it.observer removeproducer [open]',
    ]);

    const added = observer.addProducer({ producerId });

    router.close();
    await added;
    expect(log.lines).toEqual([
      'it routerclose [closed]',
      'it.observer close [closed]',
      'it.observer addproducer [closed]',
    ]);
  });

  test.each(['closes', 'is killed'])(
    'ends with a worker that %s, one router after the other',
    async (how) => {
      const worker = await running.createWorker();
      const [one, two] = [await worker.createRouter({ mediaCodecs }), await worker.createRouter()];
      const transport = await two.createDirectTransport();
      const log = new EventLog();

      log.watch('one', 'router', one);
      log.watch('transport', 'directTransport', transport, () => `two is closed: ${two.closed}`);
      log.watch('two', 'router', two);

      const gone = nextEvent(worker, 'subprocessclose');

      if (how === 'closes') {
        worker.close();
      } else {
        process.kill(worker.pid, 'SIGKILL');
      }
      await gone;
      expect(log.lines).toEqual([
        'one workerclose [closed]',
        'one.observer close [closed]',
        'transport routerclose [two is closed: true]',
        'transport.observer close [two is closed: true]',
        'two workerclose [closed]',
        'two.observer close [closed]',
      ]);
    },
  );

  test('leaves a router open while another one of a worker that closes takes their pipe', async () => {
    const worker = await running.createWorker();
    const [one, two] = [
      await worker.createRouter({ mediaCodecs }),
      await worker.createRouter({ mediaCodecs }),
    ];
    const transport = await two.createDirectTransport();
    const producer = await transport.produce(audioProducer(1));
    const { pipeProducer } = await two.pipeToRouter({
      producerId: producer.id,
      router: one,
      keepId: false,
    });
    const closed: boolean[] = [];

    (two.observer as types.RouterObserver).on('close', () => closed.push(two.closed));
    (pipeProducer!.observer as types.ProducerObserver).on('close', () => closed.push(two.closed));
    worker.close();
    expect(closed).toEqual([false, true]);
  });

  test('is refused without options as mediasoup refuses it', async () => {
    const worker = await running.createWorker();

    for (const options of [null, undefined]) {
      await expect(worker.createWebRtcServer(options as never)).rejects.toThrow(
        "Cannot destructure property 'listenInfos' of",
      );
    }
    await expect(
      worker.createWebRtcServer({ listenInfos: (() => undefined) as never }),
    ).rejects.toThrow('listenInfos is not iterable');
    await expect(worker.createRouter(null as never)).rejects.toThrow(
      "Cannot destructure property 'mediaCodecs' of",
    );
  });

  test('is dumped with the keys that mediasoup has', async () => {
    const worker = await running.createWorker();
    const server = await worker.createWebRtcServer({ listenInfos: [loopback] });
    const router = await worker.createRouter({ mediaCodecs });
    const transport = await router.createDirectTransport();
    const producer = await transport.produce(audioProducer(1));

    expect(Object.keys(await server.dump()).sort()).toEqual([
      'id',
      'localIceUsernameFragments',
      'tcpServers',
      'udpSockets',
      'webRtcTransportIds',
    ]);
    expect(await router.dump()).toMatchObject({
      mapProducerIdConsumerIds: [{ key: producer.id, values: [] }],
      mapProducerIdObserverIds: [{ key: producer.id, values: [] }],
    });
  });
});
