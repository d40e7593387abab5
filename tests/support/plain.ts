import type { types } from 'mediasoup';
import { loopback, receiverCapabilities } from './media.js';
import { UdpPeer, type Send } from './rtp.js';

export interface PlainEnd<T extends types.Transport> {
  transport: T;
  peer: UdpPeer;
}

/** A transport that learns from the first packet who sends, and a socket that sends to it. */
export async function plainSender(
  router: types.Router,
): Promise<PlainEnd<types.PlainTransport> & { send: Send }> {
  const transport = await router.createPlainTransport({ listenInfo: loopback, comedia: true });
  const peer = await UdpPeer.open();

  return { transport, peer, send: (packet) => peer.send(packet, transport.tuple) };
}

/** A transport connected to a socket that keeps what it receives. */
export async function plainReceiver(router: types.Router): Promise<PlainEnd<types.PlainTransport>> {
  const transport = await router.createPlainTransport({ listenInfo: loopback });
  const peer = await UdpPeer.open();

  await transport.connect({ ip: '127.0.0.1', port: peer.port });

  return { transport, peer };
}

/** Consumes as a plain RTP receiver does. */
export function consume(
  transport: types.Transport,
  producer: types.Producer,
  options: Partial<types.ConsumerOptions> = {},
): Promise<types.Consumer> {
  return transport.consume({
    producerId: producer.id,
    rtpCapabilities: receiverCapabilities,
    enableRtx: false,
    ...options,
  });
}
