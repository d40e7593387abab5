import { describe, expect, test } from 'vitest';
import { RtpHeader } from 'werift';
import { EventLog, nextEvent, recordEvents, until } from '../support/events.js';
import {
  AUDIO_PAYLOAD_TYPE,
  audioProducer,
  loopback,
  receiverCapabilities,
} from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';
import { WebRtcEndpoint } from '../support/webrtc.js';

export function webRtcSuite(target: Target): void {
  describe('WebRTC transports with a real endpoint', () => {
    const running = useTarget(target);

    test('ICE and DTLS states arrive in order, each visible in the getters', async () => {
      const router = await running.createRouter();
      const transport = await router.createWebRtcTransport({ listenInfos: [loopback] });
      const endpoint = await WebRtcEndpoint.create();
      const log = new EventLog();

      log.watch('transport', 'webRtcTransport', transport, () =>
        [
          transport.iceState,
          transport.iceSelectedTuple ? 'tuple' : 'no tuple',
          transport.dtlsState,
          transport.dtlsRemoteCert ? 'certificate' : 'no certificate',
        ].join(', '),
      );

      expect(transport.dtlsParameters.role).toBe('auto');
      expect(transport.iceSelectedTuple).toBe(undefined);
      expect(transport.dtlsRemoteCert).toBe(undefined);

      const connected = nextEvent(
        transport.observer,
        'dtlsstatechange',
        (state) => state === 'connected',
      );

      await transport.connect({ dtlsParameters: endpoint.dtlsParameters });
      expect(transport.dtlsParameters.role).toBe('server');
      await endpoint.connectIce(transport);
      await endpoint.connectDtls(transport);
      await connected;

      expect(log.lines).toEqual([
        'transport iceselectedtuplechange [new, tuple, new, no certificate]',
        'transport.observer iceselectedtuplechange [new, tuple, new, no certificate]',
        'transport icestatechange [connected, tuple, new, no certificate]',
        'transport.observer icestatechange [connected, tuple, new, no certificate]',
        'transport dtlsstatechange [connected, tuple, connecting, no certificate]',
        'transport.observer dtlsstatechange [connected, tuple, connecting, no certificate]',
        'transport icestatechange [completed, tuple, connecting, no certificate]',
        'transport.observer icestatechange [completed, tuple, connecting, no certificate]',
        'transport dtlsstatechange [completed, tuple, connected, certificate]',
        'transport.observer dtlsstatechange [completed, tuple, connected, certificate]',
      ]);
      expect(transport.iceSelectedTuple).toMatchObject({
        localAddress: '127.0.0.1',
        localPort: transport.iceCandidates[0]!.port,
        remoteIp: '127.0.0.1',
        protocol: 'udp',
      });
      expect(transport.dtlsRemoteCert).toMatch(/^-----BEGIN CERTIFICATE-----/);
      expect(transport.sctpState).toBe(undefined);
      await expect(transport.getStats()).resolves.toMatchObject([
        { iceState: transport.iceState, dtlsState: 'connected', iceRole: 'controlled' },
      ]);
    });

    test('media passes from an endpoint to a plain receiver and back', async () => {
      const router = await running.createRouter();
      const transport = await router.createWebRtcTransport({ listenInfos: [loopback] });
      const endpoint = await WebRtcEndpoint.create();

      await endpoint.connect(transport);

      const outward = await transport.produce(audioProducer(1111));
      const receiver = await plainReceiver(router);

      await consume(receiver.transport, outward);

      const sender = await plainSender(router);
      const inward = await sender.transport.produce(audioProducer(2222));
      const received: Buffer[] = [];

      endpoint.dtls.onRtp.subscribe(({ payload }) => received.push(payload));
      await transport.consume({ producerId: inward.id, rtpCapabilities: receiverCapabilities });

      const payload = Buffer.from('from the endpoint');
      const header = new RtpHeader({
        ssrc: 1111,
        payloadType: AUDIO_PAYLOAD_TYPE,
        sequenceNumber: 1,
        timestamp: 1,
      });

      await endpoint.dtls.sendRtp(payload, header);
      await until('a packet from the endpoint', () => receiver.peer.rtp.length === 1);
      expect(receiver.peer.rtp[0]!.payload).toEqual(payload);

      const sent = new AudioStream(2222, sender.send).sendNext();

      await until('a packet at the endpoint', () => received.length === 1);
      expect(received[0]).toEqual(sent.payload);
    });

    test('a WebRtcServer serves several transports on one port', async () => {
      const worker = await running.createWorker();
      const server = await worker.createWebRtcServer({ listenInfos: [loopback] });
      const router = await worker.createRouter();
      const handled = recordEvents(server.observer, 'webrtctransporthandled');
      const unhandled = recordEvents(server.observer, 'webrtctransportunhandled');
      const transports = [
        await router.createWebRtcTransport({ webRtcServer: server }),
        await router.createWebRtcTransport({ webRtcServer: server }),
      ];

      expect(handled).toEqual(transports.map((transport) => [transport]));
      expect(handled[1]![0]).toBe(transports[1]);

      for (const transport of transports) {
        const endpoint = await WebRtcEndpoint.create();
        const connected = nextEvent(transport, 'dtlsstatechange', (state) => state === 'connected');

        await endpoint.connect(transport);
        await connected;
      }

      const ports = transports.map(({ iceSelectedTuple }) => iceSelectedTuple!.localPort);

      expect(ports[0]).toBe(ports[1]);
      transports[0]!.close();
      expect(unhandled).toEqual([[transports[0]]]);
      server.close();
      expect(unhandled[1]![0]).toBe(transports[1]);
      expect(transports[1]!.closed).toBe(true);
    });

    test('an endpoint that goes silent is noticed', async () => {
      const router = await running.createRouter();
      const transport = await router.createWebRtcTransport({
        listenInfos: [loopback],
        iceConsentTimeout: 10,
      });
      const endpoint = await WebRtcEndpoint.create();

      await endpoint.connect(transport);

      const states = recordEvents(transport, 'icestatechange');

      await endpoint.stop();
      await until('disconnected', () => transport.iceState === 'disconnected', 30_000);
      expect(states).toEqual([['disconnected']]);
      expect(transport.closed).toBe(false);
    });

    test('an endpoint with another certificate than it said fails', async () => {
      const router = await running.createRouter();
      const transport = await router.createWebRtcTransport({ listenInfos: [loopback] });
      const endpoint = await WebRtcEndpoint.create();
      const { role, fingerprints } = endpoint.dtlsParameters;
      const wrong = fingerprints.map(({ algorithm, value }) => ({
        algorithm,
        value: value.replace(/[0-9A-F]/g, (digit) => (digit === '0' ? '1' : '0')),
      }));
      const failed = nextEvent(transport, 'dtlsstatechange', (state) => state === 'failed');

      await transport.connect({ dtlsParameters: { role, fingerprints: wrong } });
      await endpoint.connectIce(transport);
      // What the endpoint thinks of it does not matter here.
      void endpoint.connectDtls(transport).catch(() => {});
      await failed;
      expect(transport.dtlsState).toBe('failed');
      expect(transport.dtlsRemoteCert).toBe(undefined);
      expect(transport.closed).toBe(false);
    });

    test('restartIce() renews the credentials before its promise resolves', async () => {
      const router = await running.createRouter();
      const transport = await router.createWebRtcTransport({ listenInfos: [loopback] });
      const before = transport.iceParameters;
      const after = await transport.restartIce();

      expect(after).toEqual(transport.iceParameters);
      expect(after.usernameFragment).not.toBe(before.usernameFragment);
      expect(after.password).not.toBe(before.password);
      expect(after.iceLite).toBe(true);
    });
  });
}
