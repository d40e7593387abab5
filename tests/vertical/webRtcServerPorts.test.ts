import type { types } from 'mediasoup';
import { afterAll, describe, expect, test } from 'vitest';
import { delivered, until } from '../support/events.js';
import { loopback } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { pidsOf, verticalRoom } from './support/verticalRoom.js';

/** Fixed ports of an address that nothing else here uses. */
const listenInfo = (port: number): types.TransportListenInfo => ({
  protocol: 'udp',
  ip: '127.0.65.35',
  port,
});

describe('a WebRtcServer over several workers', () => {
  afterAll(noWorkersLeft);

  test.each([
    { ports: [2000, 61_000], onSecond: [2001, 61_001] },
    { ports: [61_000, 61_001], onSecond: [61_002, 61_003] },
    { ports: [61_000, 61_002], onSecond: [61_001, 61_003] },
  ])('with ports $ports has $onSecond on the second', async ({ ports, onSecond }) => {
    const { worker, router } = await verticalRoom({ maxWorkers: 2 });
    const webRtcServer = await worker.createWebRtcServer({ listenInfos: ports.map(listenInfo) });
    const first = await router.createWebRtcTransport({ webRtcServer });
    const second = await router.createWebRtcTransport({ webRtcServer });
    const portsOf = ({ iceCandidates }: types.WebRtcTransport) =>
      iceCandidates.map(({ port }) => port);

    expect(portsOf(first)).toEqual(ports);
    expect(portsOf(second)).toEqual(onSecond);
  });

  test('on the last port says so where it would need the next one', async () => {
    const { worker, router } = await verticalRoom({ maxWorkers: 2 });
    const webRtcServer = await worker.createWebRtcServer({ listenInfos: [listenInfo(65_535)] });

    await router.createWebRtcTransport({ webRtcServer });
    await expect(router.createWebRtcTransport({ webRtcServer })).rejects.toThrow(
      new RangeError(
        'a WebRtcServer on port 65535 needs port 65536 on another worker, and there is none above 65535: choose a lower port, or a portRange',
      ),
    );
  });

  test('is dumped while no worker has it, and is there again when one needs it', async () => {
    const room = await verticalRoom({ maxWorkers: 2 });
    const server = await room.worker.createWebRtcServer({ listenInfos: [loopback] });

    await room.router.createDirectTransport();
    await room.router.createDirectTransport();
    process.kill(pidsOf(room)[0]!, 'SIGKILL');
    await until('its worker is gone', () => room.described().realRouters.length === 1);

    expect(server.closed).toBe(false);
    expect(await server.dump()).toMatchObject({ id: server.id, udpSockets: [], tcpServers: [] });

    const transport = await room.router.createWebRtcTransport({ webRtcServer: server });

    expect(await server.dump()).toMatchObject({ webRtcTransportIds: [transport.id] });
  });

  test('is made on another worker if the one for it dies meanwhile', async () => {
    const room = await verticalRoom({ maxWorkers: 2 });

    await room.router.createDirectTransport();
    await room.router.createDirectTransport();

    const [first] = pidsOf(room);

    process.kill(first!, 'SIGSTOP');

    const making = room.worker.createWebRtcServer({ listenInfos: [loopback] });

    await delivered();
    process.kill(first!, 'SIGKILL');
    expect((await making).closed).toBe(false);
  });
});
