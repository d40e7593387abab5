import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { EventLog } from '../support/events.js';
import { loopback, mediaCodecs } from '../support/media.js';
import { local } from '../support/targets/local.js';
import { vertical } from '../support/targets/vertical.js';
import { useTarget } from '../support/useTarget.js';

/** mediasoup first: what it does is right. With two workers each transport is on the other one. */
describe.each([local, vertical(2)])('a WebRtcServer on $name', (target) => {
  const running = useTarget(target);

  async function serve(transports: number) {
    const worker = await running.createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const webRtcServer = await worker.createWebRtcServer({ listenInfos: [loopback] });
    const log = new EventLog();
    const created: types.WebRtcTransport[] = [];
    const nameOf = (transport: types.WebRtcTransport) => created.indexOf(transport);

    for (let index = 0; index < transports; index += 1) {
      created.push(await router.createWebRtcTransport({ webRtcServer }));
      log.watch(`transport ${index}`, 'webRtcTransport', created[index]);
    }
    webRtcServer.observer.on('webrtctransportunhandled', (transport) =>
      log.note(`unhandled ${nameOf(transport)}`),
    );
    webRtcServer.observer.on('close', () => log.note('close'));

    return { worker, router, webRtcServer, transports: created, log };
  }

  test('closes its transports in the order of their creation', async () => {
    const { webRtcServer, log } = await serve(3);

    webRtcServer.close();
    expect(log.lines).toEqual([
      ...[0, 1, 2].flatMap((index) => [
        `transport ${index} listenserverclose [closed]`,
        `transport ${index}.observer close [closed]`,
        `unhandled ${index}`,
      ]),
      'close',
    ]);
  });

  test('lets go of one that closes, and of those of a closed router when it closes itself', async () => {
    const { router, webRtcServer, transports, log } = await serve(3);

    transports[1]!.close();
    router.close();
    log.lines.length = 0;
    webRtcServer.close();
    expect(log.lines).toEqual(['unhandled 0', 'unhandled 2', 'close']);
  });

  test('says nothing of them when its worker closes', async () => {
    const { worker, log } = await serve(2);

    worker.close();
    expect(log.lines.filter((line) => !line.startsWith('transport'))).toEqual(['close']);
  });
});
