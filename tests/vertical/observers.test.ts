import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import type { ObservedRouter } from '../../packages/vertical/src/observers/ObservedRouter.js';
import { VirtualActiveSpeakerObserver } from '../../packages/vertical/src/observers/VirtualActiveSpeakerObserver.js';
import { VirtualAudioLevelObserver } from '../../packages/vertical/src/observers/VirtualAudioLevelObserver.js';
import { delivered, EventLog, nextEvent, recordEvents, until } from '../support/events.js';
import { audioProducer, mediaCodecs, videoProducer } from '../support/media.js';
import { plainSender } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';
import { local } from '../support/targets/local.js';
import { ws } from '../support/targets/ws.js';
import { useTarget } from '../support/useTarget.js';

/** Milliseconds between packets, so that enough of them arrive in any interval. */
const OFTEN = 5;
const LOUD = -10;
const QUIET = -100;

type RealObserver = types.AudioLevelObserver | types.ActiveSpeakerObserver;
type Volumes = types.AudioLevelObserverVolume[];

interface Speaker {
  producer: types.Producer;
  producerId: string;
}

/** Several real routers, on a worker each, as one. */
class Room implements ObservedRouter {
  closed = false;
  /** In the order of their creation, hidden ones included. */
  readonly realObservers: RealObserver[] = [];
  readonly #producers = new Map<string, { producer: types.Producer; router: types.Router }>();
  #ssrc = 1;

  constructor(
    readonly workers: types.Worker[],
    readonly routers: types.Router[],
  ) {
    for (const router of routers) {
      router.observer.on('newrtpobserver', (observer) =>
        this.realObservers.push(observer as RealObserver),
      );
    }
  }

  realRouterOf(producerId: string): types.Router | undefined {
    return this.#producers.get(producerId)?.router;
  }

  producerOf(producerId: string): types.Producer | undefined {
    return this.#producers.get(producerId)?.producer;
  }

  async anyRealRouter(): Promise<types.Router> {
    const open = this.routers.find(({ closed }) => !closed) ?? this.routers[0]!;

    return open;
  }

  async produce(index: number, options: types.ProducerOptions) {
    const router = this.routers[index]!;
    const { transport, send } = await plainSender(router);
    const producer = await transport.produce(options);

    this.#producers.set(producer.id, { producer, router });
    (producer.observer as types.ProducerObserver).once('close', () =>
      this.#producers.delete(producer.id),
    );

    return { producer, producerId: producer.id, send };
  }

  /** Somebody whose packets flow. */
  async speaker(index: number, level: number, intervalMs = OFTEN) {
    const ssrc = this.#ssrc++;
    const { producer, producerId, send } = await this.produce(index, audioProducer(ssrc));

    return {
      producer,
      producerId,
      stream: new AudioStream(ssrc, send, { level, intervalMs }).start(),
    };
  }

  /** Nobody is heard. */
  async mute(index: number) {
    return this.produce(index, audioProducer(this.#ssrc++));
  }

  kill(index: number): void {
    process.kill(this.workers[index]!.pid, 'SIGKILL');
  }

  close(observers: { routerClosed(): void }[]): void {
    this.closed = true;
    for (const router of this.routers) router.close();
    for (const observer of observers) observer.routerClosed();
  }

  /** Ids of all real observers, as the workers have them. */
  async observerIds(): Promise<string[][]> {
    const open = this.routers.filter(({ closed }) => !closed);
    const dumps = await Promise.all(open.map((router) => router.dump()));

    return dumps.map(({ rtpObserverIds }) => rtpObserverIds);
  }
}

/** What is wrong, as far as an application can tell. */
async function errorOf(promise: Promise<unknown>): Promise<unknown[]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );

  return error instanceof Error ? [error.constructor, error.name, error.message] : [error];
}

const kinds = [
  {
    kind: 'audioLevelObserver',
    create: VirtualAudioLevelObserver.create as (
      router: ObservedRouter,
      options?: object,
    ) => Promise<VirtualAudioLevelObserver | VirtualActiveSpeakerObserver>,
    createReal: (router: types.Router): Promise<RealObserver> => router.createAudioLevelObserver(),
    wrongOptions: [
      { maxEntries: 0 },
      { threshold: 'foo' },
      { interval: false },
      { appData: 'foo' },
    ],
  },
  {
    kind: 'activeSpeakerObserver',
    create: VirtualActiveSpeakerObserver.create as (
      router: ObservedRouter,
      options?: object,
    ) => Promise<VirtualAudioLevelObserver | VirtualActiveSpeakerObserver>,
    createReal: (router: types.Router): Promise<RealObserver> =>
      router.createActiveSpeakerObserver(),
    wrongOptions: [{ interval: false }, { appData: 'foo' }],
  },
] as const;

describe.each([local, ws])('observers over several real routers of $name', (target) => {
  const running = useTarget(target);

  async function createRoom(size: number): Promise<Room> {
    const workers = await Promise.all(Array.from({ length: size }, () => running.createWorker()));
    const routers = await Promise.all(
      workers.map((worker) => worker.createRouter({ mediaCodecs })),
    );

    return new Room(workers, routers);
  }

  /** As somebody who joins: what is told of volumes and silence, in one list. */
  function record(observer: types.AudioLevelObserver): (Volumes | 'silence')[] {
    const told: (Volumes | 'silence')[] = [];

    observer.on('volumes', (volumes) => told.push(volumes));
    observer.on('silence', () => told.push('silence'));

    return told;
  }

  /**
   * What is told, each event compared with what the real observers have told so far: a machine with
   * much else to do may starve any of them of packets.
   */
  function follow(room: Room, observer: types.AudioLevelObserver, maxEntries: number) {
    const latest = new Map<RealObserver, Volumes>();
    const told: (Volumes | 'silence')[] = [];
    const faults: unknown[] = [];

    const watch = (real: types.AudioLevelObserver): void => {
      real.prependListener('volumes', (volumes) => latest.set(real, volumes));
      real.prependListener('silence', () => latest.set(real, []));
    };

    for (const real of room.realObservers) watch(real as types.AudioLevelObserver);
    for (const router of room.routers) {
      router.observer.on('newrtpobserver', (real) => watch(real as types.AudioLevelObserver));
    }
    observer.on('volumes', (volumes) => {
      const expected = [...latest.values()]
        .flat()
        .sort((one, other) => other.volume - one.volume)
        .slice(0, maxEntries);

      if (JSON.stringify(volumes.map(nameOf)) !== JSON.stringify(expected.map(nameOf))) {
        faults.push({ volumes, expected });
      }
      told.push(volumes);
    });
    observer.on('silence', () => {
      if (told.at(-1) === 'silence' || [...latest.values()].flat().length > 0) {
        faults.push('silence');
      }
      told.push('silence');
    });

    return { told, faults };
  }

  const nameOf = ({ producer, volume }: types.AudioLevelObserverVolume) => [producer.id, volume];

  const volumesOf = (observer: types.AudioLevelObserver, wanted: (volumes: Volumes) => boolean) =>
    nextEvent<types.AudioLevelObserverEvents, 'volumes'>(observer, 'volumes', wanted);

  const dominantOf = (observer: types.ActiveSpeakerObserver, producer?: types.Producer) =>
    nextEvent<types.ActiveSpeakerObserverEvents, 'dominantspeaker'>(
      observer,
      'dominantspeaker',
      (dominant) => !producer || dominant.producer === producer,
    );

  /** How many real observers have told the dominant speaker of their real router. */
  const countLocals = (room: Room): (() => number) => {
    const local = new Set<string>();

    for (const router of room.routers) {
      router.observer.on('newrtpobserver', (real) => watch(real as RealObserver));
    }
    const watch = (real: RealObserver): void => {
      (real as types.ActiveSpeakerObserver).on('dominantspeaker', () => local.add(real.id));
    };

    for (const real of room.realObservers) watch(real);

    return () => local.size;
  };

  const dominants = (observer: types.ActiveSpeakerObserver): (() => types.Producer[]) => {
    const told = recordEvents<types.ActiveSpeakerObserverEvents, 'dominantspeaker'>(
      observer,
      'dominantspeaker',
    );

    return () => told.map(([{ producer }]) => producer);
  };

  describe.each(kinds)('$kind', ({ kind, create, createReal, wrongOptions }) => {
    test('looks like a new one of mediasoup, and is one in a single real router', async () => {
      const room = await createRoom(2);
      const appData = { of: 'the app' };
      const observer = await create(room, { appData });
      expect(await room.observerIds()).toEqual([[observer.id], []]);
      expect(observer.realIds()).toEqual([observer.id]);

      const real = await createReal(room.routers[0]!);

      expect(observer.type).toBe(real.type);
      expect([observer.closed, observer.paused]).toEqual([false, false]);
      expect(observer.appData).toBe(appData);
      observer.appData = {};
      expect(observer.appData).not.toBe(appData);
      expect((await create(room)).appData).toEqual({});
    });

    test('refuses what mediasoup refuses, with its errors', async () => {
      const room = await createRoom(2);

      for (const options of wrongOptions) {
        const error = await errorOf(create(room, options));

        expect(error[0]).toBe(TypeError);
        expect(error).toEqual(
          await errorOf(
            kind === 'audioLevelObserver'
              ? room.routers[0]!.createAudioLevelObserver(options as object)
              : room.routers[0]!.createActiveSpeakerObserver(options as object),
          ),
        );
      }

      const observer = await create(room);
      const real = await createReal(room.routers[1]!);
      const video = await room.produce(1, videoProducer(9));
      const events = new EventLog();

      events.watch('it', kind, observer);
      for (const wrong of [{ producerId: 'nobody' }, video, {}, undefined]) {
        const options = wrong as { producerId: string };

        // In an error of the worker stand the names of its own method and nothing of ids.
        expect(await errorOf(observer.addProducer(options))).toEqual(
          await errorOf(real.addProducer(options)),
        );
        if (options === video) continue;
        expect(await errorOf(observer.removeProducer(options))).toEqual(
          await errorOf(real.removeProducer(options)),
        );
      }
      expect(events.lines).toEqual([]);

      const { producerId } = await room.mute(1);

      for (const it of [observer, real]) await it.addProducer({ producerId });
      expect(await errorOf(observer.addProducer({ producerId }))).toEqual(
        await errorOf(real.addProducer({ producerId })),
      );
    });

    test('takes producers in and out of any real router, and names those of the app', async () => {
      const room = await createRoom(3);
      const observer = await create(room);
      const own = await Promise.all([room.mute(1), room.mute(1), room.mute(0)]);
      const events: unknown[][] = [];
      const itsObserver: types.RtpObserverObserver = observer.observer;

      itsObserver.on('addproducer', (producer) => events.push(['add', producer]));
      itsObserver.on('removeproducer', (producer) => events.push(['remove', producer]));

      await Promise.all(own.slice(0, 2).map((added) => observer.addProducer(added)));
      expect(events).toEqual(own.slice(0, 2).map(({ producer }) => ['add', producer]));
      // One of its own where the first is, one for both of the others, none where nobody is.
      expect((await room.observerIds()).map(({ length }) => length)).toEqual([1, 1, 0]);

      await observer.addProducer(own[2]!);
      await observer.removeProducer(own[0]!);
      await observer.removeProducer(own[0]!);
      await observer.removeProducer(await room.mute(2));
      own[1]!.producer.close();
      expect(events.slice(2).map(([what]) => what)).toEqual(['add', 'remove', 'remove', 'remove']);
      expect(events[3]![1]).toBe(own[0]!.producer);
      expect(await errorOf(observer.removeProducer(own[1]!))).toEqual([
        running.mediasoup.errors.NotFoundError,
        'NotFoundError',
        `Producer with id "${own[1]!.producerId}" not found`,
      ]);

      // No call overtakes another, also while the real observer is being created.
      const { producerId } = await room.mute(2);
      const observers = async (): Promise<unknown> =>
        (await room.routers[2]!.dump()).mapProducerIdObserverIds.find(
          ({ key }) => key === producerId,
        )?.values;

      await Promise.all([
        observer.addProducer({ producerId }),
        observer.removeProducer({ producerId }),
      ]);
      expect(await observers()).toEqual([]);
      await observer.addProducer({ producerId });
      expect(observer.realIds()).toEqual(expect.arrayContaining((await observers()) as string[]));
      expect(await observers()).not.toEqual([]);
    });

    test('tells pauses as mediasoup does, also of calls at once', async () => {
      const room = await createRoom(3);
      const observer = await create(room);
      const real = await createReal(room.routers[0]!);

      for (const index of [0, 1]) await observer.addProducer(await room.mute(index));

      const story = async (it: types.RtpObserver): Promise<string[]> => {
        const events = new EventLog();
        const state = (): string => (it.paused ? 'paused' : 'running');

        events.watch('it', kind, it, state);
        await it.resume();
        await Promise.all([it.pause(), it.pause()]);
        events.note(state());
        await it.pause();
        await it.resume();
        events.note(state());
        await Promise.all([it.pause(), it.resume(), it.pause()]);
        events.note(state());
        await Promise.all([it.resume(), it.pause()]);
        events.note(state());
        await delivered();

        return events.lines;
      };

      expect(await story(observer)).toEqual(await story(real));

      // Paused it is, and so is what is made now, and what is being made.
      const [first, second] = [await room.mute(2), await room.mute(2)];

      await observer.addProducer(first);
      expect(room.realObservers.at(-1)!.paused).toBe(true);
      await observer.resume();
      expect(room.realObservers.every(({ paused, id }) => !paused || id === real.id)).toBe(true);
      await Promise.all([observer.addProducer(second), observer.pause()]);
      for (const id of observer.realIds()) {
        expect(room.realObservers.find((one) => one.id === id)!.paused).toBe(true);
      }
    });

    test('pauses what is being created', async () => {
      const room = await createRoom(2);
      const observer = await create(room);
      const added = await room.mute(1);

      await Promise.all([observer.addProducer(added), observer.pause()]);
      expect(room.realObservers.map(({ paused }) => paused)).toEqual([true, true]);
      await observer.resume();
      expect(room.realObservers.map(({ paused }) => paused)).toEqual([false, false]);
    });

    test('closes whatever it has, also what is being created', async () => {
      const room = await createRoom(3);
      const observer = await create(room);
      const real = await createReal(room.routers[1]!);
      const events = new EventLog();
      const closes = recordEvents(observer as types.RtpObserver, '@close');

      for (const index of [0, 1]) await observer.addProducer(await room.mute(index));
      events.watch('it', kind, observer);

      const late = await room.mute(2);
      const adding = errorOf(observer.addProducer(late));

      observer.close();
      observer.close();
      observer.routerClosed();
      real.close();
      expect(events.lines).toEqual(['it.observer close [closed]']);
      expect(closes).toEqual([[]]);
      expect(observer.realIds()).toEqual([]);

      const { NotFoundError } = running.mediasoup.errors;

      expect((await adding)[0]).toBe(NotFoundError);
      expect(await room.observerIds()).toEqual([[], [], []]);
      for (const call of ['pause', 'resume'] as const) {
        const [type, name, message] = await errorOf(observer[call]());

        expect([type, name]).toEqual([NotFoundError, 'NotFoundError']);
        expect(String(message).replace(/[0-9a-f-]{36}/, 'ID')).toBe(
          String((await errorOf(real[call]()))[2]).replace(/[0-9a-f-]{36}/, 'ID'),
        );
      }
      await expect(observer.addProducer(late)).rejects.toThrow(NotFoundError);
      await expect(observer.removeProducer(late)).rejects.toThrow(NotFoundError);
      expect((late.producer.observer as types.ProducerObserver).listenerCount('close')).toBe(1);
    });

    test('ends with its router', async () => {
      const room = await createRoom(2);
      const observer = await create(room);
      const events = new EventLog();
      const closes = recordEvents(observer as types.RtpObserver, '@close');
      const known = countLocals(room);
      const told = recordEvents(observer as types.ActiveSpeakerObserver, 'dominantspeaker');

      for (const index of [0, 1]) await observer.addProducer(await room.mute(index));
      if (kind === 'activeSpeakerObserver') {
        await until('a first one', () => told.length > 0);
        await until('the other one to be known', () => known() === 2);
      }
      events.watch('it', kind, observer);
      room.close([observer]);
      observer.close();
      expect(events.lines).toEqual(['it routerclose [closed]', 'it.observer close [closed]']);
      expect(closes).toEqual([]);
      await expect(observer.pause()).rejects.toThrow(running.mediasoup.errors.NotFoundError);

      for (const worker of room.workers) worker.close();
      await expect(observer.pause()).rejects.toThrow(running.mediasoup.errors.WorkerClosedError);
    });

    test('survives the end of any real router', async () => {
      const room = await createRoom(3);
      const observer = await create(room);
      const { id } = observer;
      const events = new EventLog();
      const gone = await room.mute(0);
      const alive = await room.mute(1);

      await observer.addProducer(gone);
      await observer.addProducer(alive);
      events.watch('it', kind, observer);

      // In the middle of everything: what concerns the others is done.
      const { NotFoundError } = running.mediasoup.errors;
      const late = await room.mute(0);

      process.kill(room.workers[0]!.pid, 'SIGSTOP');

      const adding = errorOf(observer.addProducer(late));
      const pausing = observer.pause();

      room.kill(0);
      await pausing;
      expect(await adding).toEqual([
        NotFoundError,
        'NotFoundError',
        `Producer with id "${late.producerId}" not found`,
      ]);
      expect(observer.paused).toBe(true);
      await observer.resume();

      expect(observer.id).toBe(id);
      expect(observer.realIds()).not.toContain(id);
      await expect(observer.addProducer(gone)).rejects.toThrow(NotFoundError);
      await observer.removeProducer(alive);
      await observer.addProducer(await room.mute(2));
      expect(events.lines).toEqual([
        'it.observer pause [open]',
        'it.observer resume [open]',
        'it.observer removeproducer [open]',
        'it.observer addproducer [open]',
      ]);

      // With none left, errors come from a new one, and everything else goes on.
      room.routers[1]!.close();
      room.routers[2]!.close();
      room.routers.push(await room.workers[1]!.createRouter({ mediaCodecs }));
      await observer.pause();
      expect((await errorOf(observer.addProducer(gone)))[0]).toBe(NotFoundError);
      observer.close();
      expect(await room.observerIds()).toEqual([[]]);
      expect((await errorOf(observer.pause()))[0]).toBe(NotFoundError);
    });

    test.each([0, 1, 2, 3, 5, 8])(
      'whatever a death comes in between (after %i turns)',
      async (turns) => {
        const room = await createRoom(2);
        const observer = await create(room);
        const gone = await Promise.all([room.mute(0), room.mute(0), room.mute(0)]);
        const alive = await Promise.all([room.mute(1), room.mute(1)]);
        const [first, second] = alive;

        await observer.addProducer(gone[0]!);

        const ofGone = [
          errorOf(observer.addProducer(gone[1]!)),
          errorOf(observer.removeProducer(gone[0]!)),
        ];
        const ofOthers = [observer.addProducer(first!), observer.pause(), observer.resume()];

        for (let turn = 0; turn < turns; turn++) await delivered();
        room.kill(0);
        ofGone.push(errorOf(observer.addProducer(gone[2]!)));
        ofOthers.push(observer.pause(), observer.addProducer(second!), observer.resume());

        await Promise.all(ofOthers);
        for (const [type] of await Promise.all(ofGone)) {
          expect([undefined, running.mediasoup.errors.NotFoundError]).toContain(type);
        }
        await until('the death', () => room.routers[0]!.closed);
        expect(observer.paused).toBe(false);

        const real = room.realObservers.find(
          ({ closed, type }) => !closed && type === observer.type,
        )!;

        expect(observer.realIds()).toContain(real.id);
        expect(real.paused).toBe(false);
        expect(
          (await room.routers[1]!.dump()).mapProducerIdObserverIds
            .filter(({ values }) => values.includes(real.id))
            .map(({ key }) => key)
            .sort(),
        ).toEqual(alive.map(({ producerId }) => producerId).sort());

        observer.close();
        await until('nothing left', async () => (await room.observerIds()).flat().length === 0);
      },
    );

    test('is created elsewhere if the real router dies meanwhile', async () => {
      const room = await createRoom(2);

      process.kill(room.workers[0]!.pid, 'SIGSTOP');

      const creating = create(room);

      await delivered();
      room.kill(0);

      const observer = await creating;

      expect(await room.observerIds()).toEqual([[observer.id]]);
    });
  });

  describe('volumes', () => {
    test('of one real router pass as they come', async () => {
      const room = await createRoom(2);
      const observer = await VirtualAudioLevelObserver.create(room, { interval: 250 });
      const { producer, producerId, stream } = await room.speaker(1, LOUD);

      await observer.addProducer({ producerId });

      const real = room.realObservers[1] as types.AudioLevelObserver;
      const [told, theirs] = [record(observer), record(real)];

      // Not right after a silence, which a machine may make that has much else to do.
      await until('three reports', () => theirs.length >= 3 && theirs.at(-1) !== 'silence');
      stream.stop();
      await nextEvent(observer.observer, 'silence');
      expect(told).toEqual(theirs);
      expect(told.at(-1)).toBe('silence');
      expect((told[0] as Volumes)[0]!.producer).toBe(producer);
    });

    test('of several are one list at the pace of one, the loudest first', async () => {
      const room = await createRoom(3);
      const interval = 500;
      const options = { maxEntries: 3, threshold: -60, interval };
      const observer = await VirtualAudioLevelObserver.create(room, options);
      const speakers: Speaker[] = [];
      const { told, faults } = follow(room, observer, 3);

      for (const [index, level] of [
        [0, -40],
        [1, -30],
        [2, -20],
        [2, -50],
        [1, -90],
      ] as const) {
        speakers.push(await room.speaker(index, level));
        await observer.addProducer(speakers.at(-1)!);
      }

      const isComplete = ([first]: Volumes): boolean => first?.volume === -20;

      await Promise.all([
        volumesOf(observer, (volumes) => isComplete(volumes) && volumes.length === 3),
        nextEvent<types.AudioLevelObserverObserverEvents, 'volumes'>(observer.observer, 'volumes'),
      ]);

      const theirs = room.realObservers.map((real) => record(real as types.AudioLevelObserver));

      told.length = 0;
      await until('four reports of each', () => theirs.every(({ length }) => length >= 4));

      const most = Math.max(...theirs.map(({ length }) => length));

      expect(faults).toEqual([]);
      expect(told.length).toBeGreaterThanOrEqual(3);
      expect(told.length).toBeLessThanOrEqual(most + 1);

      // Who is removed, closes or pauses is not named from then on.
      await observer.removeProducer(speakers[2]!);
      speakers[1]!.producer.close();
      await speakers[3]!.producer.pause();
      told.length = 0;
      await until('two more', () => told.length >= 2);
      for (const volumes of told as Volumes[]) {
        expect(volumes).toEqual([{ producer: speakers[0]!.producer, volume: -40 }]);
      }
    });

    test('end in one silence, when all have become silent', async () => {
      const room = await createRoom(2);
      const options = { maxEntries: 2, interval: 500 };
      const observer = await VirtualAudioLevelObserver.create(room, options);
      const [one, two] = [await room.speaker(0, LOUD), await room.speaker(1, LOUD)];

      const { told, faults } = follow(room, observer, 2);

      for (const added of [one, two]) await observer.addProducer(added);
      await volumesOf(observer, ({ length }) => length === 2);

      // One of them is silent: it goes on.
      const firstIsSilent = nextEvent(room.realObservers[0]!, 'silence' as never);

      one.stream.stop();
      await firstIsSilent;
      await volumesOf(observer, ([first]) => first?.producer === two.producer);

      const silence = nextEvent(observer, 'silence');

      two.stream.stop();
      await silence;
      one.stream.start();
      await volumesOf(observer, ([first]) => first?.producer === one.producer);

      // A pause is silence as well, at once.
      two.stream.start();
      await volumesOf(observer, ({ length }) => length === 2);

      const paused = nextEvent(observer, 'silence');

      await observer.pause();
      await paused;
      await delivered();
      expect(told.at(-1)).toBe('silence');

      await observer.resume();
      await volumesOf(observer, () => true);
      expect(faults).toEqual([]);
    });

    test('go on when a worker dies, and end if only that one was loud', async () => {
      const room = await createRoom(3);
      const observer = await VirtualAudioLevelObserver.create(room, { interval: 500 });
      const speakers = [await room.speaker(0, -10), await room.speaker(1, -20)];

      for (const added of [...speakers, await room.mute(2)]) await observer.addProducer(added);
      await volumesOf(observer, ([first]) => first?.volume === -10);

      const told = record(observer);

      room.kill(0);
      await volumesOf(observer, ([first]) => first?.volume === -20);
      room.kill(1);
      await until('the end of it', () => room.routers[1]!.closed);
      if (told.at(-1) !== 'silence') await nextEvent(observer, 'silence');
      expect(told.at(-2)).not.toBe('silence');
    });
  });

  describe('dominant speaker', () => {
    const create = (room: Room) => VirtualActiveSpeakerObserver.create(room, { interval: 100 });

    test('of one real router passes as it comes', async () => {
      const room = await createRoom(2);
      const observer = await create(room);
      // Whoever is always equally loud is taken for noise, so both murmur before they speak.
      const [one, two] = [await room.speaker(1, QUIET, 20), await room.speaker(1, QUIET, 20)];

      for (const added of [one, two]) await observer.addProducer(added);

      const real = room.realObservers[1] as types.ActiveSpeakerObserver;
      const [told, theirs] = [dominants(observer), dominants(real)];

      await until('a first one', () => theirs().length > 0);
      for (const { producer } of [one, two]) {
        const packetCount = async () => (await producer.getStats())[0]?.packetCount ?? 0;
        const before = await packetCount();

        await until('a murmur', async () => (await packetCount()) > before + 1);
      }
      for (let turn = 0; turn < 2; turn++) {
        const next = theirs().at(-1) === one.producer ? two : one;
        const changed = dominantOf(observer, next.producer);

        for (const { stream } of [one, two]) stream.level = QUIET;
        next.stream.level = LOUD;
        await changed;
      }
      expect(told()).toEqual(theirs());
      expect(room.realObservers).toHaveLength(2);
      expect(observer.realIds()).toHaveLength(2);
    });

    test('is one of all real routers, and changes with who speaks', async () => {
      const room = await createRoom(2);
      const observer = await create(room);
      const [one, two] = [await room.speaker(0, LOUD), await room.speaker(1, QUIET)];
      const told = dominants(observer);
      const first = dominantOf(observer, one.producer);

      await observer.addProducer(one);
      await first;
      await observer.addProducer(two);

      const itsObserver = dominants(observer.observer as unknown as types.ActiveSpeakerObserver);
      const second = dominantOf(observer, two.producer);

      one.stream.level = -127;
      two.stream.level = LOUD;
      await second;

      const third = dominantOf(observer, one.producer);

      two.stream.level = -127;
      one.stream.level = LOUD;
      await third;
      expect(told()).toEqual([one, two, one].map(({ producer }) => producer));
      expect(itsObserver()).toEqual([two, one].map(({ producer }) => producer));

      // Who has paused does not speak.
      const fourth = dominantOf(observer, two.producer);

      two.stream.level = -50;
      await one.producer.pause();
      await fourth;
    });

    /** One who speaks and dominates, another one who does not, and the reports on both. */
    async function twoSpeakers() {
      const room = await createRoom(2);
      const observer = await create(room);
      const [one, two] = [await room.speaker(0, LOUD), await room.speaker(1, -40)];
      const told = dominants(observer);
      const first = dominantOf(observer, one.producer);

      await observer.addProducer(one);
      await first;
      await observer.addProducer(two);
      await until('meters', () => observer.realIds().length === 4);

      const meters = room.realObservers.filter(({ type }) => type === 'audiolevel');
      const reports = meters.map((real) => record(real as types.AudioLevelObserver));
      const rounds = (count: number) => {
        const before = reports.map(({ length }) => length);

        return until(`${count} more`, () =>
          reports.every(({ length }, index) => length >= before[index]! + count),
        );
      };

      await rounds(2);

      return { observer, one, two, told, reports, rounds };
    }

    test('stays who it is in a pause of speech, and while others are as loud', async () => {
      const { one, two, told, rounds } = await twoSpeakers();

      one.stream.level = -127;
      await rounds(1);
      one.stream.level = LOUD;
      await rounds(2);
      two.stream.level = LOUD;
      await rounds(4);
      expect(told()).toEqual([one.producer]);
    });

    // It takes long, and concerns nothing that depends on what is below.
    if (target === local) {
      test('is not followed by a noise', async () => {
        const { observer, one, two, told, reports, rounds } = await twoSpeakers();
        const ofTwo = reports.findLast((list) =>
          list.some((report) => report !== 'silence' && report[0]!.producer === two.producer),
        )!;

        // Which is what has been equally loud for eight seconds, unlike who speaks.
        ofTwo.length = 0;
        for (let round = 0; ofTwo.filter((report) => report !== 'silence').length < 18; round++) {
          one.stream.level = round % 2 ? LOUD : -30;
          await rounds(1);
        }
        one.stream.level = -127;
        await rounds(5);
        expect(told()).toEqual([one.producer]);

        const second = dominantOf(observer, two.producer);

        two.stream.level = LOUD;
        await second;
      }, 60_000);
    }

    test('is followed at once when it leaves', async () => {
      const room = await createRoom(3);
      const observer = await create(room);
      const speakers: Speaker[] = [];
      const told = dominants(observer);

      for (const index of [0, 0, 1, 2]) speakers.push(await room.mute(index));
      for (const added of speakers) {
        await observer.addProducer(added);
        await until('somebody', () => told().length > 0);
      }

      const [one, other, second, third] = speakers;
      const known = room.realObservers.filter(({ type }) => type === 'activespeaker');

      expect(told()).toEqual([one!.producer]);
      expect(known).toHaveLength(3);

      // The others are known when their real observers have told so, which may be over by now.
      const next = dominantOf(observer, other!.producer);

      await observer.removeProducer(one!);
      await next;

      const after = dominantOf(observer);

      other!.producer.close();

      const [{ producer }] = await after;

      expect([second!.producer, third!.producer]).toContain(producer);

      const last = producer === second!.producer ? third! : second!;
      const survivor = dominantOf(observer, last.producer);

      room.kill(producer === second!.producer ? 1 : 2);
      await survivor;
      expect(told()).toEqual([one!.producer, other!.producer, producer, last.producer]);

      // It was nobody's for a moment, and may come back.
      await observer.removeProducer(last);

      const again = dominantOf(observer, last.producer);

      await observer.addProducer(last);
      await again;
    });

    test('is somebody elsewhere when a whole worker dies', async () => {
      const room = await createRoom(2);
      const observer = await create(room);
      const known = countLocals(room);
      const told = dominants(observer);
      const [one, other, survivor] = [await room.mute(0), await room.mute(0), await room.mute(1)];

      for (const added of [one, other]) await observer.addProducer(added);
      await until('the first one', () => told().length === 1);
      await observer.addProducer(survivor);
      await until('the second one to be known', () => known() === 2);

      const next = dominantOf(observer, survivor.producer);

      room.kill(0);
      await next;
      expect([one.producer, other.producer]).toContain(told()[0]);
      expect(told().slice(1)).toEqual([survivor.producer]);
    });

    test('needs meters only while there are several real routers to compare', async () => {
      const room = await createRoom(3);
      const observer = await create(room);
      const [one, two] = [await room.mute(0), await room.mute(1)];
      const counts = async (): Promise<number[]> =>
        (await room.observerIds()).map(({ length }) => length);
      const allAreKnown = async (): Promise<boolean> =>
        JSON.stringify((await room.observerIds()).flat().sort()) ===
        JSON.stringify(observer.realIds().sort());

      await observer.addProducer(one);
      expect(await counts()).toEqual([1, 0, 0]);
      await observer.addProducer(two);
      await until('meters', async () => String(await counts()) === '2,2,0');
      await until('their ids', allAreKnown);

      await observer.pause();
      expect(await counts()).toEqual([1, 1, 0]);
      await observer.resume();
      await until('meters', async () => String(await counts()) === '2,2,0');

      await observer.removeProducer(two);
      expect(await counts()).toEqual([1, 1, 0]);
      expect(await allAreKnown()).toBe(true);

      await observer.addProducer(two);
      await observer.addProducer(await room.mute(2));
      await until('meters', async () => String(await counts()) === '2,2,2');
      room.kill(2);
      await until('the death', () => room.routers[2]!.closed);
      one.producer.close();
      expect(await counts()).toEqual([1, 1]);

      // Closed while meters are being made.
      await observer.addProducer(await room.mute(0));
      observer.close();
      await until('none left over', async () => String(await counts()) === '0,0');
    });
  });
});
