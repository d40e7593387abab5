import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, test } from 'vitest';
import { delivered, EventLog, nextEvent, recordEvents, until } from '../support/events.js';
import { audioProducer } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { pidsOf, verticalRoom, type VerticalRoom } from './support/verticalRoom.js';

describe('the death of real workers', () => {
  afterAll(noWorkersLeft);

  /** One sender and one receiver on each of three workers, everybody with everybody. */
  async function roomOfThree() {
    const room = await verticalRoom({ maxWorkers: 3 });
    const senders = [];
    const receivers = [];

    for (let index = 0; index < 3; index += 1) {
      const sender = await plainSender(room.router);
      const producer = await sender.transport.produce(audioProducer(1111 + index));

      senders.push({ ...sender, producer, stream: new AudioStream(1111 + index, sender.send) });
    }
    for (let index = 0; index < 3; index += 1) {
      const receiver = await plainReceiver(room.router);
      const consumers = new Map<string, types.Consumer>();

      for (const { producer } of senders) {
        consumers.set(producer.id, await consume(receiver.transport, producer));
      }
      receivers.push({ ...receiver, consumers });
    }

    return { room, senders, receivers };
  }

  type Room = Awaited<ReturnType<typeof roomOfThree>>;

  async function everybodyHears({ senders, receivers }: Room, living: readonly number[]) {
    for (const from of living) {
      for (const to of living) {
        const consumer = receivers[to]!.consumers.get(senders[from]!.producer.id)!;
        const ssrc = consumer.rtpParameters.encodings![0]!.ssrc;
        const count = () =>
          receivers[to]!.peer.rtp.filter(({ header }) => header.ssrc === ssrc).length;
        const before = count();

        senders[from]!.stream.sendNext();
        await until(`${to} hears ${from}`, () => count() > before);
      }
    }
  }

  test('takes only its own transports, and new ones are served elsewhere and there', async () => {
    const all = await roomOfThree();
    const { room, senders, receivers } = all;
    const [, pid] = pidsOf(room);
    const died: Error[] = [];

    await everybodyHears(all, [0, 1, 2]);
    room.worker.on('died', (error) => died.push(error));

    const gone = [senders[1]!.transport, receivers[1]!.transport];
    const stays = [senders[0]!, senders[2]!, receivers[0]!, receivers[2]!];
    const closes = stays.map(({ transport }) => recordEvents(transport.observer, 'close'));
    const lost = [0, 2].map((index) => receivers[index]!.consumers.get(senders[1]!.producer.id)!);
    const told = Promise.all([
      ...gone.map((transport) => nextEvent(transport, 'routerclose')),
      ...lost.map((consumer) => nextEvent(consumer, 'producerclose')),
    ]);

    process.kill(pid!, 'SIGKILL');
    await told;
    expect(gone.map(({ closed }) => closed)).toEqual([true, true]);
    expect(lost.map(({ closed }) => closed)).toEqual([true, true]);
    expect(died).toEqual([]);
    expect(room.router.closed).toBe(false);
    expect(room.worker.closed).toBe(false);
    await everybodyHears(all, [0, 2]);
    expect(closes).toEqual([[], [], [], []]);

    await until('three workers again', () => pidsOf(room).length === 3);
    expect(pidsOf(room)[1]).not.toBe(pid);

    const sender = await plainSender(room.router);
    const producer = await sender.transport.produce(audioProducer(2222));
    const consumer = await consume(receivers[2]!.transport, producer);
    const { ssrc } = consumer.rtpParameters.encodings![0]!;

    new AudioStream(2222, sender.send).sendNext();
    await until('a new one is heard', () =>
      receivers[2]!.peer.rtp.some(({ header }) => header.ssrc === ssrc),
    );
    expect(nothingOfWorker(room, 1, gone)).toBe(true);
  });

  function nothingOfWorker(
    room: VerticalRoom,
    index: number,
    transports: readonly types.Transport[],
  ): boolean {
    const known = room.described().realRouters.flatMap(({ transportIds }) => transportIds);
    const pipes = room.described().pipes.filter(({ from, to }) => from === index || to === index);

    return (
      transports.every(({ id }) => !known.includes(id)) && pipes.every(({ users }) => users === 0)
    );
  }

  test('of all of them is the death of the one worker, told once and in order', async () => {
    const { room, senders, receivers } = await roomOfThree();
    const log = new EventLog();

    log.watch('router', 'router', room.router);
    log.watch('worker', 'worker', room.worker, () =>
      JSON.stringify([room.worker.closed, room.worker.died, room.worker.subprocessClosed]),
    );

    const gone = Promise.all(
      [...senders, ...receivers].map(({ transport }) => nextEvent(transport, 'routerclose')),
    );
    const died = nextEvent(room.worker, 'died');

    for (const pid of pidsOf(room)) {
      process.kill(pid, 'SIGKILL');
    }
    await Promise.all([gone, died]);
    expect(log.lines).toEqual([
      'router workerclose [closed]',
      'router.observer close [closed]',
      'worker died [[true,true,true]]',
      'worker subprocessclose [[true,true,true]]',
      'worker.observer close [[true,true,true]]',
    ]);
    await expect(room.worker.createRouter()).rejects.toThrow(
      room.manager.mediasoup!.errors.WorkerClosedError,
    );
    expect(room.manager.describe().workers).toEqual([]);
  });

  test('is told as mediasoup tells it, also to those who close what is dying', async () => {
    const listened = async (worker: types.Worker, router: types.Router) => {
      const transport = await router.createDirectTransport();
      const log = new EventLog();
      const over = nextEvent(worker.observer, 'close');

      log.watch('router', 'router', router);
      log.watch('worker', 'worker', worker, () => JSON.stringify([worker.closed, worker.died]));
      transport.on('routerclose', () => {
        router.close();
        worker.close();
      });
      process.kill(worker.pid, 'SIGKILL');
      await over;
      await delivered();

      return log.lines;
    };
    const plain = await mediasoup.createWorker();
    const { worker, router } = await verticalRoom({ maxWorkers: 1 });

    expect(await listened(worker, router)).toEqual(
      await listened(plain, await plain.createRouter()),
    );
  });

  test('while a transport is being made: it is made on another worker', async () => {
    const room = await verticalRoom({ maxWorkers: 2 });

    await room.router.createDirectTransport();
    await room.router.createDirectTransport();

    const [first, second] = pidsOf(room);

    process.kill(first!, 'SIGSTOP');

    const making = room.router.createDirectTransport();

    process.kill(first!, 'SIGKILL');

    const transport = await making;

    expect(transport.closed).toBe(false);
    expect(pidsOf(room)).toContain(second);
  });
});
