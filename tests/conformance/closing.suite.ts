import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { delivered, EventLog, nextEvent, until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs, videoProducer } from '../support/media.js';
import { consume } from '../support/plain.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';

/** One of every kind, and a log of everything that they emit. */
async function plantTree(worker: types.Worker) {
  const webRtcServer = await worker.createWebRtcServer({ listenInfos: [loopback] });
  const router = await worker.createRouter({ mediaCodecs });
  const webRtcTransport = await router.createWebRtcTransport({ webRtcServer, enableSctp: true });
  const plainTransport = await router.createPlainTransport({ listenInfo: loopback });
  const directTransport = await router.createDirectTransport();
  const microphone = await webRtcTransport.produce(audioProducer(1));
  const camera = await webRtcTransport.produce(videoProducer(2));
  const consumer = await consume(plainTransport, microphone);
  const dataProducer = await directTransport.produceData();
  const dataConsumer = await directTransport.consumeData({ dataProducerId: dataProducer.id });
  const audioLevelObserver = await router.createAudioLevelObserver();
  const activeSpeakerObserver = await router.createActiveSpeakerObserver();

  await audioLevelObserver.addProducer({ producerId: microphone.id });
  await activeSpeakerObserver.addProducer({ producerId: microphone.id });

  // Who is alone becomes the dominant speaker after a while.
  const log = new EventLog({ without: ['dominantspeaker'] });

  log.watch('worker', 'worker', worker, () =>
    [worker.closed && 'closed', worker.died && 'died', worker.subprocessClosed && 'ended']
      .filter(Boolean)
      .join(' '),
  );
  log.watch('server', 'webRtcServer', webRtcServer);
  log.watch('router', 'router', router);
  log.watch(
    'webrtc',
    'webRtcTransport',
    webRtcTransport,
    () => `${webRtcTransport.iceState} ${webRtcTransport.dtlsState} ${webRtcTransport.sctpState}`,
  );
  log.watch('plain', 'plainTransport', plainTransport);
  log.watch('direct', 'directTransport', directTransport);
  log.watch('microphone', 'producer', microphone);
  log.watch('camera', 'producer', camera);
  log.watch('consumer', 'consumer', consumer);
  log.watch('dataProducer', 'dataProducer', dataProducer);
  log.watch('dataConsumer', 'dataConsumer', dataConsumer);
  log.watch('levels', 'audioLevelObserver', audioLevelObserver);
  log.watch('speaker', 'activeSpeakerObserver', activeSpeakerObserver);

  return {
    log,
    worker,
    webRtcServer,
    router,
    webRtcTransport,
    plainTransport,
    directTransport,
    microphone,
    camera,
    consumer,
    dataProducer,
    dataConsumer,
    audioLevelObserver,
    activeSpeakerObserver,
  };
}

type Tree = Awaited<ReturnType<typeof plantTree>>;

/** What an entity emits when its parent goes, then its observer. */
const goes = (name: string, cause: string, state = 'closed'): string[] => [
  `${name} ${cause} [${state}]`,
  `${name}.observer close [${state}]`,
];

const producersGo = [...goes('microphone', 'transportclose'), ...goes('camera', 'transportclose')];
const consumerGoes = goes('consumer', 'transportclose');
const dataGoes = [
  ...goes('dataProducer', 'transportclose'),
  ...goes('dataConsumer', 'transportclose'),
];
const allOfRouterGoes = [
  ...producersGo,
  ...goes('webrtc', 'routerclose', 'closed closed closed'),
  ...consumerGoes,
  ...goes('plain', 'routerclose'),
  ...dataGoes,
  ...goes('direct', 'routerclose'),
  ...goes('levels', 'routerclose'),
  ...goes('speaker', 'routerclose'),
];
const allOfWorkerGoes = [
  ...allOfRouterGoes,
  ...goes('router', 'workerclose'),
  ...goes('server', 'workerclose'),
];
const consumerLosesProducer = goes('consumer', 'producerclose');

interface Case {
  name: keyof Tree & string;
  /** What has been emitted when `close()` returns. */
  atOnce: string[];
  /** What comes later, as the worker tells it. */
  later: string[];
}

const cases: Case[] = [
  {
    name: 'worker',
    atOnce: [...allOfWorkerGoes, 'worker.observer close [closed]'],
    later: ['worker subprocessclose [closed ended]'],
  },
  {
    name: 'router',
    atOnce: [...allOfRouterGoes, 'router.observer close [closed]'],
    later: [],
  },
  {
    name: 'webRtcServer',
    atOnce: [
      ...producersGo,
      ...goes('webrtc', 'listenserverclose', 'closed closed closed'),
      'server.observer webrtctransportunhandled [closed]',
      'server.observer close [closed]',
    ],
    later: consumerLosesProducer,
  },
  {
    name: 'webRtcTransport',
    atOnce: [
      ...producersGo,
      'server.observer webrtctransportunhandled [open]',
      'webrtc.observer close [closed closed closed]',
    ],
    later: consumerLosesProducer,
  },
  {
    name: 'plainTransport',
    atOnce: [...consumerGoes, 'plain.observer close [closed]'],
    later: [],
  },
  {
    name: 'directTransport',
    atOnce: [...dataGoes, 'direct.observer close [closed]'],
    later: [],
  },
  {
    name: 'microphone',
    atOnce: ['microphone.observer close [closed]'],
    later: consumerLosesProducer,
  },
  { name: 'camera', atOnce: ['camera.observer close [closed]'], later: [] },
  { name: 'consumer', atOnce: ['consumer.observer close [closed]'], later: [] },
  {
    name: 'dataProducer',
    atOnce: ['dataProducer.observer close [closed]'],
    later: goes('dataConsumer', 'dataproducerclose'),
  },
  { name: 'dataConsumer', atOnce: ['dataConsumer.observer close [closed]'], later: [] },
  { name: 'audioLevelObserver', atOnce: ['levels.observer close [closed]'], later: [] },
  { name: 'activeSpeakerObserver', atOnce: ['speaker.observer close [closed]'], later: [] },
];

export function closingSuite(target: Target): void {
  describe('closing', () => {
    const running = useTarget(target);

    test.each(cases)('close() of $name', async ({ name, atOnce, later }) => {
      const tree = await plantTree(await running.createWorker());
      const { log, worker } = tree;
      const closing = tree[name] as { close(): void; closed: boolean };

      closing.close();
      expect(closing.closed).toBe(true);
      expect(log.lines).toEqual(atOnce);
      closing.close();
      expect(log.lines).toEqual(atOnce);

      await until('all that follows', () => log.lines.length >= atOnce.length + later.length);
      // Whatever else the worker had to tell, it has told before it answers.
      if (!worker.closed) await worker.dump();
      await delivered();
      expect(log.lines).toEqual([...atOnce, ...later]);
    });

    test('a worker that dies takes everything with it, at once', async () => {
      const { log, worker, microphone } = await plantTree(await running.createWorker());
      const closed = nextEvent(worker.observer, 'close');

      microphone.on('transportclose', () => queueMicrotask(() => log.note('a microtask later')));
      worker.on('died', (error) => log.note(error.message));
      process.kill(worker.pid, 'SIGKILL');
      await closed;
      expect(log.lines).toEqual([
        ...allOfWorkerGoes,
        'worker died [closed died ended]',
        expect.stringContaining('signal:SIGKILL'),
        'worker subprocessclose [closed died ended]',
        'worker.observer close [closed died ended]',
        'a microtask later',
      ]);
      await expect(worker.dump()).rejects.toThrow(running.mediasoup.errors.WorkerClosedError);
    });

    test('what is closed is closed in the worker too, and nothing else is', async () => {
      const tree = await plantTree(await running.createWorker());

      tree.consumer.close();
      tree.webRtcTransport.close();
      await expect(tree.router.dump()).resolves.toMatchObject({
        id: tree.router.id,
        transportIds: expect.arrayContaining([tree.plainTransport.id, tree.directTransport.id]),
      });
      await expect(tree.plainTransport.dump()).resolves.toMatchObject({ consumerIds: [] });
      await expect(tree.directTransport.dump()).resolves.toMatchObject({
        dataProducerIds: [tree.dataProducer.id],
        dataConsumerIds: [tree.dataConsumer.id],
      });
    });
  });
}
