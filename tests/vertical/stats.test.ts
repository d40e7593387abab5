import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { hostStats } from '@tureen/manager';
import { getStatsFactory, ManagerClosedError, type ManagerStats } from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { LoadMeter, type LoadMeterOptions } from '../../packages/manager/src/stats/LoadMeter.js';
import { NodeMeter } from '../../packages/manager/src/stats/NodeMeter.js';
import { WorkerLoad } from '../../packages/manager/src/stats/WorkerLoad.js';
import { DEADLINE, nextEvent, until } from '../support/events.js';
import { closeWorker, noWorkersLeft } from '../support/useTarget.js';

let time = 0;
const now = (): number => time;

beforeEach(() => {
  time = 0;
});

afterAll(noWorkersLeft);

async function createWorker(): Promise<types.Worker> {
  const worker = await mediasoup.createWorker();

  onTestFinished(() => closeWorker(worker));

  return worker;
}

async function cpuTimeOf(worker: types.Worker): Promise<number> {
  const { ru_utime, ru_stime } = await worker.getResourceUsage();

  return ru_utime + ru_stime;
}

/** Makes a worker use some CPU, and tells how much it has used. */
async function work(worker: types.Worker, milliseconds = 30): Promise<number> {
  const enough = (await cpuTimeOf(worker)) + milliseconds;
  let used = 0;

  while (used < enough) {
    const routers = await Promise.all(
      Array.from({ length: 100 }, () => worker.createRouter({ mediaCodecs: [] })),
    );

    routers.forEach((router) => router.close());
    used = await cpuTimeOf(worker);
  }

  return used;
}

/** A worker that cannot answer until the test is over, or it is told to go on. */
function freeze(worker: types.Worker): () => void {
  const goOn = (): void => {
    if (!worker.subprocessClosed) process.kill(worker.pid, 'SIGCONT');
  };

  process.kill(worker.pid, 'SIGSTOP');
  onTestFinished(goOn);

  return goOn;
}

async function kill(worker: types.Worker): Promise<void> {
  const gone = nextEvent(worker, 'subprocessclose');

  process.kill(worker.pid, 'SIGKILL');
  await gone;
}

/** Counts what a worker is asked. */
function countUsageCalls(worker: types.Worker): { asked: number } {
  const count = { asked: 0 };
  const ask = worker.getResourceUsage.bind(worker);

  worker.getResourceUsage = () => {
    count.asked += 1;

    return ask();
  };

  return count;
}

describe('the load of a worker', () => {
  function createMeter(options: LoadMeterOptions = {}): LoadMeter {
    const meter = new LoadMeter({
      ...{ interval: 0, smoothing: 0, now, timeout: DEADLINE },
      ...options,
    });

    onTestFinished(() => meter.stop());

    return meter;
  }

  test('is the CPU time that it used, of the time that went by', async () => {
    const worker = await createWorker();
    const meter = createMeter();
    const earliest = await cpuTimeOf(worker);

    meter.watch(worker);
    await meter.measure();
    expect(meter.usageOf(worker)).toEqual({ cpu: 0, memory: expect.any(Number) });

    const latest = await cpuTimeOf(worker);
    const before = await work(worker);

    time = 200;
    await meter.measure();

    const after = await cpuTimeOf(worker);
    const { cpu, memory } = meter.usageOf(worker)!;

    expect(cpu).toBeGreaterThanOrEqual((before - latest) / 2);
    expect(cpu).toBeLessThanOrEqual((after - earliest) / 2);
    expect(cpu).toBeGreaterThanOrEqual(15);
    // The process of a worker has some megabytes at least.
    expect(memory).toBeGreaterThan(2 ** 20);
  });

  test('is that of the last measurement if hardly any time went by', async () => {
    const worker = await createWorker();
    const meter = createMeter();

    meter.watch(worker);
    await meter.measure();
    await work(worker);
    time = 99;
    await meter.measure();
    expect(meter.usageOf(worker)!.cpu).toBe(0);
    time = 200;
    await meter.measure();
    expect(meter.usageOf(worker)!.cpu).toBeGreaterThanOrEqual(15);
  });

  test('of one that hangs stays what it was, and it is asked once only', async () => {
    const [hanging, sound] = [await createWorker(), await createWorker()];
    const meter = createMeter({ timeout: 1500 });

    meter.watch(hanging);
    meter.watch(sound);
    await meter.measure();
    await work(hanging);
    await work(sound);
    time = 200;
    await meter.measure();

    const usage = meter.usageOf(hanging);
    const count = countUsageCalls(hanging);
    const goOn = freeze(hanging);

    await work(sound);
    time = 400;
    await meter.measure();
    await meter.measure();
    expect(usage!.cpu).toBeGreaterThanOrEqual(15);
    expect(meter.usageOf(hanging)).toEqual(usage);
    expect(meter.usageOf(sound)!.cpu).toBeGreaterThanOrEqual(15);
    expect(count.asked).toBe(1);
    goOn();
    await until('it is measured', () => meter.usageOf(hanging)!.cpu < usage!.cpu);
    await meter.measure();
    expect(count.asked).toBe(2);
  });

  test('of one that dies or closes is forgotten', async () => {
    const [dying, closing, sound] = [
      await createWorker(),
      await createWorker(),
      await createWorker(),
    ];
    const meter = createMeter();

    [dying, closing, sound].forEach((worker) => meter.watch(worker));
    freeze(dying);

    // A request that never gets its answer is under way.
    const measured = meter.measure();

    await kill(dying);
    closing.close();
    await measured;
    await meter.measure();
    expect([dying, closing].map((worker) => meter.usageOf(worker))).toEqual([undefined, undefined]);
    expect(meter.usageOf(sound)).toBeDefined();
    meter.watch(closing);
    expect(meter.usageOf(closing)).toBe(undefined);
  });

  test('is measured every interval until told to stop', async () => {
    const worker = await createWorker();
    const meter = createMeter({ interval: 10, now: undefined });
    const count = countUsageCalls(worker);

    meter.watch(worker);
    await until('it is asked again and again', () => count.asked > 3);
    meter.stop();
    expect(meter.usageOf(worker)).toBe(undefined);

    const { asked } = count;
    const other = await createWorker();

    // By now the interval was over several times.
    expect(count.asked).toBe(asked);
    meter.watch(other);
    await until('it goes on with another', () => meter.usageOf(other)!.memory > 0);
  });

  test('follows what is measured, lightly smoothed', async () => {
    let used = 0;
    const worker = {
      getResourceUsage: async () =>
        ({ ru_utime: used, ru_stime: used, ru_maxrss: 1 }) as types.WorkerResourceUsage,
    };
    const load = new WorkerLoad(worker, { smoothing: 1500, now });
    const after = async (elapsed: number, percent: number): Promise<number> => {
      time += elapsed;
      used += (elapsed * percent) / 200;
      await load.measure();

      return load.cpu;
    };

    await load.measure();
    expect(await after(2000, 40)).toBe(40);
    expect(await after(2000, 80)).toBeCloseTo(69.46, 2);
    expect(await after(2000, 80)).toBeCloseTo(77.22, 2);
    expect(await after(100, 0)).toBeCloseTo(72.24, 2);
    // The counters of another process, from 0 on.
    used = 0;
    expect(await after(2000, 0)).toBeCloseTo(72.24, 2);
    expect(await after(20_000, 10)).toBeCloseTo(10, 1);
  });
});

describe('the load of a host', () => {
  interface Script {
    busy: number;
    total: number;
    failure?: 'fails' | 'hangs' | 'tells nothing';
  }

  function measured(): {
    meter: NodeMeter;
    after: (script: Script) => Promise<number | undefined>;
  } {
    let script: Script = { busy: 1000, total: 5000 };
    const meter = new NodeMeter(
      async () => {
        const { failure, ...cpuTimes } = script;

        if (failure === 'hangs') {
          await new Promise(() => {});
        }
        if (failure === 'fails') {
          throw new Error('not now');
        }

        return { os: failure ? {} : { cpuTimes } } as ManagerStats;
      },
      { interval: 0 },
    );

    return {
      meter,
      after: async (next) => {
        await meter.measure();
        script = next;
        await Promise.race([meter.measure(), new Promise(setImmediate)]);

        return meter.cpu;
      },
    };
  }

  test('is the share of its cores’ time', async () => {
    const { meter, after } = measured();

    expect(meter.cpu).toBe(undefined);
    expect(await after({ busy: 1500, total: 6000 })).toBe(50);
    expect(await after({ busy: 1600, total: 7000 })).toBe(10);
    expect(await after({ busy: 1600, total: 7000 })).toBe(10);
    expect(await after({ busy: 2600, total: 8000 })).toBe(100);
  });

  test('starts anew when the counters do', async () => {
    const { after } = measured();

    await after({ busy: 1500, total: 6000 });
    expect(await after({ busy: 10, total: 100 })).toBe(50);
    expect(await after({ busy: 20, total: 200 })).toBe(10);
    // Another host, that has been busier in less time.
    expect(await after({ busy: 90, total: 100 })).toBe(10);
    expect(await after({ busy: 120, total: 200 })).toBe(30);
  });

  test.each(['fails', 'hangs'] as const)(
    'is not known if the source %s for long',
    async (failure) => {
      const { meter, after } = measured();

      await after({ busy: 1500, total: 6000 });
      expect(await after({ busy: 0, total: 0, failure })).toBe(50);
      for (const _ of [1, 2, 3]) {
        await Promise.race([meter.measure(), new Promise(setImmediate)]);
      }
      expect(meter.cpu).toBe(undefined);
    },
  );

  test('is known again as soon as the source is back', async () => {
    const { meter, after } = measured();

    await after({ busy: 0, total: 0, failure: 'fails' });
    await meter.measure();
    await meter.measure();
    expect(meter.cpu).toBe(undefined);
    expect(await after({ busy: 1500, total: 6000 })).toBe(50);
  });

  test('is not known where the source does not tell', async () => {
    const { after } = measured();

    expect(await after({ busy: 0, total: 0, failure: 'tells nothing' })).toBe(undefined);
  });

  test('is that of this host, by its stats', async () => {
    const stats = getStatsFactory(mediasoup);
    const meter = new NodeMeter(stats.getStats, { interval: 10 });

    onTestFinished(() => {
      meter.stop();
      stats.close();
    });
    await until('its counters have moved', () => meter.cpu !== undefined);
    expect(meter.cpu).toBeGreaterThanOrEqual(0);
    expect(meter.cpu).toBeLessThanOrEqual(100);
    meter.stop();
    meter.start();
    await meter.measure();
    expect(meter.cpu).toBeDefined();
  });
});

test('measuring keeps no process running', async () => {
  const program = `
    import { once } from 'node:events';
    import { localManager, MediasoupVertical } from '@tureen/vertical';
    import * as mediasoup from 'mediasoup';

    const local = localManager(mediasoup);
    const vertical = new MediasoupVertical(local);

    await once(vertical, 'mediasoup');

    const worker = await vertical.mediasoup.createWorker();

    worker.close();
    console.log('done');
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { timeout: DEADLINE },
  );

  expect(stdout).toBe('done\n');
});

describe('the stats of a mediasoup in this process', () => {
  function create(): ReturnType<typeof getStatsFactory> {
    const stats = getStatsFactory(mediasoup);

    onTestFinished(() => stats.close());

    return stats;
  }

  test('tell of the host and the process just what a daemon’s tell', async () => {
    const stats: ManagerStats = await create().getStats();
    const { workers, host: identity, ...host } = stats;
    const keysOf = (value: object): unknown[] =>
      Object.entries(value).map(([key, each]) => [
        key,
        typeof each === 'object' ? keysOf(each as object) : typeof each,
      ]);

    expect(workers).toEqual([]);
    expect(identity?.id).not.toBe('');
    expect(keysOf(host)).toEqual(keysOf(hostStats()));
    expect(host.os.cpuTimes!.busy).toBeGreaterThan(0);
    expect(host.os.cpuTimes!.total).toBeGreaterThan(host.os.cpuTimes!.busy);
  });

  test('tell of each worker, as long as it lives', async () => {
    const stats = create();
    const [one, other] = [await createWorker(), await createWorker()];

    expect((await stats.getStats()).workers).toEqual(
      [one, other].map(({ pid }) => ({
        pid,
        cpu: expect.any(Number),
        memory: expect.any(Number),
      })),
    );
    other.close();
    expect((await stats.getStats()).workers).toMatchObject([{ pid: one.pid }]);
    await kill(one);
    expect((await stats.getStats()).workers).toEqual([]);
  });

  test('tell the CPU since the last time', async () => {
    const stats = create();
    const worker = await createWorker();
    const cpu = async (): Promise<number> => (await stats.getStats()).workers![0]!.cpu;

    await work(worker);
    await until('there is something to tell', async () => (await cpu()) > 0);
    // Idle for a while, and the figure of before is not mixed in.
    await until('it is idle', async () => (await cpu()) < 1);
  });

  test('do not wait for a worker that hangs', async () => {
    const stats = create();
    const worker = await createWorker();
    const { memory } = (await stats.getStats()).workers![0]!;

    freeze(worker);
    expect((await stats.getStats()).workers).toEqual([{ pid: worker.pid, cpu: 0, memory }]);
  });

  test('are no longer there when closed', async () => {
    const listeners = mediasoup.observer.listenerCount('newworker');
    const stats = create();

    expect(mediasoup.observer.listenerCount('newworker')).toBe(listeners + 1);
    stats.close();
    stats.close();
    expect(mediasoup.observer.listenerCount('newworker')).toBe(listeners);
    await expect(stats.getStats()).rejects.toThrow(ManagerClosedError);
  });
});
