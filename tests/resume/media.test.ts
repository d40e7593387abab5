import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { expect, onTestFinished, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';
import { until } from '../support/events.js';
import { audioProducer, mediaCodecs, receiverCapabilities } from '../support/media.js';
import { AudioStream } from '../support/rtp.js';
import type { Mediasoup } from '../support/targets.js';
import { TcpProxy } from '../support/TcpProxy.js';
import { workerProcesses } from '../support/useTarget.js';
import { MediaMeter } from './MediaMeter.js';

/*
 * Media goes through worker processes, which no fault of control reaches. Each test waits for a
 * number of packets while something is broken, and then looks whether any was lost.
 */

async function startDaemon(...args: string[]): Promise<Daemon> {
  const daemon = await Daemon.start(args);

  onTestFinished(async () => {
    await daemon.stop();
    expect(workerProcesses()).toEqual([]);
  });

  return daemon;
}

async function meterOn(client: RemoteMediasoupClient): Promise<MediaMeter> {
  await once(client, 'mediasoup');

  const worker = await (client.mediasoup as Mediasoup).createWorker({ logLevel: 'none' });
  const meter = await MediaMeter.start(await worker.createRouter({ mediaCodecs }));

  await flowing(meter);

  return meter;
}

/** Waits until fifty packets more have come out. */
async function flowing(meter: MediaMeter): Promise<void> {
  const { arrived } = meter;

  await until('fifty packets', () => meter.arrived > arrived + 50);
}

async function expectNothingLost(meter: MediaMeter): Promise<void> {
  meter.stop();
  await until('the last packet', () => meter.arrived === meter.sent);
}

test('flows while there is no connection', async () => {
  const daemon = await startDaemon();
  const proxy = await TcpProxy.start(daemon.url);
  const client = new RemoteMediasoupClient(proxy.url);

  onTestFinished(async () => {
    client.close();
    await proxy.close();
  });

  const meter = await meterOn(client);
  const disconnected = once(client, 'disconnected');

  proxy.refuse(true);
  proxy.cut();
  await disconnected;
  await flowing(meter);
  proxy.refuse(false);
  await once(client, 'connected');
  await flowing(meter);
  await expectNothingLost(meter);
});

test('flows while the daemon hangs', async () => {
  const daemon = await startDaemon();
  const client = new RemoteMediasoupClient(daemon.url, {
    // Not so soon that a daemon counts as hanging which is slow to start a worker.
    ...{ pingInterval: 500, deadAfter: 4000, handshakeTimeout: 4000 },
  });

  onTestFinished(() => client.close());

  const meter = await meterOn(client);
  const disconnected = once(client, 'disconnected');

  daemon.process.kill('SIGSTOP');
  await disconnected;
  await flowing(meter);
  daemon.process.kill('SIGCONT');
  await once(client, 'connected');
  await flowing(meter);
  await expectNothingLost(meter);
});

test('stops with its session: when the window of an application that was killed is over', async () => {
  const daemon = await startDaemon('--resume-window', '1');
  const sink = createSocket('udp4').bind(0, '127.0.0.1');
  let arrived = 0;

  sink.on('message', () => (arrived += 1));
  await once(sink, 'listening');
  onTestFinished(() => new Promise((resolve) => sink.close(() => resolve())));

  const app = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('apps/media.mjs', import.meta.url)),
      daemon.url,
      String(sink.address().port),
      JSON.stringify(audioProducer(1111)),
      JSON.stringify(receiverCapabilities),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

  onTestFinished(() => void app.kill('SIGKILL'));

  const [line] = (await once(createInterface(app.stdout), 'line')) as [string];
  const [port, worker] = line.split(' ').map(Number) as [number, number];

  startStream(port);
  await until('media', () => arrived > 20);
  app.kill('SIGKILL');
  await once(app, 'exit');

  const atItsDeath = arrived;

  await until('media without an application', () => arrived > atItsDeath + 20);
  expect(workerProcesses()).toEqual([worker]);
  await until('the end of the worker', () => workerProcesses().length === 0);

  // The port that media came in by is free again.
  const successor: Socket = createSocket('udp4').bind(port, '127.0.0.1');

  await once(successor, 'listening');
  successor.close();
  expect(await daemon.stop()).toBe(0);
});

/** Audio to a port of this host, until the test is over. */
function startStream(port: number): void {
  const socket = createSocket('udp4');
  const stream = new AudioStream(1111, (packet) => socket.send(packet, port, '127.0.0.1'), {
    intervalMs: 5,
  });

  onTestFinished(() => {
    stream.stop();
    socket.close();
  });
  stream.start();
}
