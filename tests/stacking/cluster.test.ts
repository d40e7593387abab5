import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { exists, ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { until } from '../support/events.js';
import { audioProducer, mediaCodecs } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';
import { flowing, openRoom, readiness, startAbove, usable } from './support/levels.js';

/** Daemons on this machine that are told apart as hosts. */
async function startHosts(count: number, flags: readonly string[] = []): Promise<ObservedDaemon[]> {
  const hosts: ObservedDaemon[] = [];

  for (let index = 0; index < count; index += 1) {
    hosts.push(
      await ObservedDaemon.start([
        ...['--host-id', `host-${index}`, '--pipe-address', '127.0.0.1', '--tag', `place=${index}`],
        ...flags,
      ]),
    );
  }

  return hosts;
}

const urlsOf = (daemons: readonly ObservedDaemon[]): string[] => daemons.map(({ url }) => url);

describe('a cluster', () => {
  test('gives workers on all of its upstreams, which can be piped to each other', async () => {
    const hosts = await startHosts(2);
    const cluster = await startAbove(urlsOf(hosts), ['--host-placement', 'roundRobin']);
    const app = await ObservedClient.connect(cluster.url);

    await usable(app, 2);

    const workers = [await app.mediasoup.createWorker(), await app.mediasoup.createWorker()];

    expect(cluster.workers).toEqual([]);
    expect(hosts.map((host) => host.workers.length)).toEqual([1, 1]);

    const [source, target] = (await Promise.all(
      workers.map((worker) => worker.createRouter({ mediaCodecs })),
    )) as [types.Router, types.Router];
    const sender = await plainSender(source);
    const producer = await sender.transport.produce(audioProducer(1111));
    const pipes: types.Transport[] = [];

    source.observer.on('newtransport', (transport) => pipes.push(transport));
    await source.pipeToRouter({ producerId: producer.id, router: target });

    const receiver = await plainReceiver(target);

    await consume(receiver.transport, producer);
    new AudioStream(1111, sender.send).start();
    await until('media through both', () => receiver.peer.rtp.length > 10);
    // Between hosts it is encrypted, though it is the cluster alone that tells them apart.
    expect(pipes).toMatchObject([{ type: 'pipe', srtpParameters: expect.any(Object) as object }]);
    await until('all workers in the stats', async () => {
      const { workers = [] } = await app.client.getStats();

      return workers.length === 2;
    });
    await expect(app.client.getStats()).resolves.toMatchObject({
      hosts: [{ usable: true, stats: { host: { id: 'host-0' } } }, { usable: true }],
    });
  });

  test('puts a worker on the upstream with the tag that is asked for', async () => {
    const hosts = await startHosts(2);
    const cluster = await startAbove(urlsOf(hosts), ['--host-placement', 'tag=place']);
    const app = await ObservedClient.connect(cluster.url);

    await usable(app, 2);
    for (const place of ['1', '1', '0']) {
      await app.mediasoup.createWorker({ appData: { place } });
    }
    expect(hosts.map((host) => host.workers.length)).toEqual([1, 2]);
  });

  test('loses with an upstream that is killed only what was there', async () => {
    const hosts = await startHosts(2);
    const cluster = await startAbove(urlsOf(hosts), ['--host-placement', 'roundRobin']);
    const app = await ObservedClient.connect(cluster.url);

    await usable(app, 2);

    const first = await openRoom(app.mediasoup);
    const second = await openRoom(app.mediasoup, 6666);
    const died: string[] = [];

    first.worker.on('died', () => died.push('first'));
    second.worker.on('died', () => died.push('second'));
    await hosts[0]!.kill();
    await until('its worker to die', () => first.worker.subprocessClosed);
    await flowing(second);
    expect(died).toEqual(['first']);
    await expect(readiness(cluster)).resolves.toEqual([200, 'ok\n']);
    // New ones go where they can.
    await flowing(await openRoom(app.mediasoup, 7777));

    await ObservedDaemon.start(['--host-id', 'host-0'], { TUREEN_PORT: String(hosts[0]!.port) });
    await usable(app, 2);
    await hosts[1]!.kill();
    await until('the other to die', () => died.length === 2);
    await flowing(await openRoom(app.mediasoup, 8888));
  });

  test('says why, when no upstream can be given anything', async () => {
    const hosts = await startHosts(2, ['--drain-timeout', '60']);
    const cluster = await startAbove(urlsOf(hosts));
    const app = await ObservedClient.connect(cluster.url);

    await usable(app, 2);

    const rooms = [await openRoom(app.mediasoup), await openRoom(app.mediasoup, 6666)];

    hosts.forEach((host) => host.signal('SIGTERM'));
    await usable(app, 0);
    await expect(app.mediasoup.createWorker()).rejects.toMatchObject({
      name: 'NoUpstreamError',
      message: expect.stringContaining('host-0 (draining), host-1 (draining)') as string,
    });
    await expect(readiness(cluster)).resolves.toEqual([503, 'no upstream\n']);
    for (const room of rooms) {
      await flowing(room);
      room.worker.close();
    }
    for (const host of hosts) {
      await expect(host.ended()).resolves.toEqual({ code: 0, signal: null });
    }
  });

  test('that is killed leaves no worker anywhere', async () => {
    const hosts = await startHosts(2, ['--resume-window', '1']);
    const cluster = await startAbove(urlsOf(hosts), ['--host-placement', 'roundRobin']);
    const app = await ObservedClient.connect(cluster.url);

    await usable(app, 2);
    await openRoom(app.mediasoup);
    await openRoom(app.mediasoup, 6666);

    const pids = hosts.flatMap((host) => host.workers);

    expect(pids).toHaveLength(2);
    await cluster.kill();
    await until('all to go', () => !pids.some(exists));
  });
});

describe('a vertical cluster', () => {
  const asOne = ['--vertical', '--vertical-workers', '4', '--placement', 'scatter'];
  const always = ['--watermark-node', '100'];

  test('is one worker whose media passes between hosts', async () => {
    const hosts = await startHosts(2);
    const cluster = await startAbove(urlsOf(hosts), [
      ...asOne,
      ...always,
      ...['--host-placement', 'roundRobin'],
    ]);
    const app = await ObservedClient.connect(cluster.url);

    await usable(app, 2);

    const worker = await app.mediasoup.createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const sender = await plainSender(router);
    const producer = await sender.transport.produce(audioProducer(1111));
    const receivers = [];

    for (let count = 0; count < 3; count += 1) {
      const receiver = await plainReceiver(router);

      await consume(receiver.transport, producer);
      receivers.push(receiver);
    }
    new AudioStream(1111, sender.send).start();
    for (const { peer } of receivers) {
      await until('media from another host', () => peer.rtp.length > 10);
    }
    expect(hosts.every((host) => host.workers.length > 0)).toBe(true);

    const { behind } = await app.client.getTopology();

    expect(behind).toMatchObject([{ routers: 1 }]);
    expect(new Set(behind![0]!.realWorkers.map(({ host }) => host))).toEqual(
      new Set(['host-0', 'host-1']),
    );
    // To the other host once.
    expect(behind![0]!.pipes.filter(({ crosses }) => crosses)).toMatchObject([{ streams: 1 }]);
    worker.close();
    await until('all to go', () => hosts.every((host) => host.workers.length === 0));
  });
});

describe('flags that make no sense together are refused by name', () => {
  const upstream = ['--upstream', 'ws://127.0.0.1:1'];

  test.each<[string[], string]>([
    [[...upstream, '--listen-ip', '10.0.0.1'], '--listen-ip makes no sense with --upstream'],
    [[...upstream, '--announced-address', 'a'], '--announced-address makes no sense with'],
    [[...upstream, '--bandwidth', '100'], '--bandwidth makes no sense with --upstream'],
    [[...upstream, '--tag', 'a=b'], '--tag makes no sense with --upstream, unless'],
    [[...upstream, '--discover', 'redis://a'], '--upstream and --discover cannot be used together'],
    [['--upstream-ca', '/a'], '--upstream-ca needs --upstream or --discover'],
    [['--host-placement', 'roundRobin'], '--host-placement needs --upstream or --discover'],
    [['--public-url', 'ws://a'], '--public-url needs --register'],
    [['--redis-ca', '/a'], '--redis-ca needs --register or --discover'],
    [[...upstream, ...upstream], 'the same upstream is given twice'],
    [['--upstream', 'http://a'], 'expected a URL such as ws://media1.example.com:4600'],
    [['--upstream', 'ws://u:p@a'], 'use --upstream-token-file'],
    [[...upstream, '--upstream-cert', '/a'], '--upstream-cert and --upstream-key are needed'],
    [[...upstream, '--upstream-token-file', '/nonexistent'], 'cannot read upstream token file'],
    [[...upstream, '--host-placement', 'any'], 'leastLoaded, roundRobin, concentrate or tag=NAME'],
    [['--discover', 'http://a'], '--discover: nothing to discover hosts with'],
    [
      ['--register', 'redis://a', '--discover', 'rediss://:x@a:6379/0'],
      '--register and --discover name the same place in Redis',
    ],
    [['--register', 'http://a'], '--register: "http:" is not the URL of a Redis server'],
    [['--tag', 'region'], 'expected key=value'],
    [['--tag', 'a=b', '--tag', 'a=c'], 'the tag a is given twice'],
    [['--pipe-address', 'a'], 'expected an IP address'],
    [['--pipe-address', '0.0.0.0'], '--pipe-address 0.0.0.0 needs --pipe-announced-address'],
    [['--pipe-ports', '5-4'], 'expected two ports'],
    [['--bandwidth', '0'], 'expected a number of megabits'],
  ])('%j', async (flags, message) => {
    const { code, stdout, stderr } = await ObservedDaemon.run(['--port', '0', ...flags]);

    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([1, '']);
  });
});
