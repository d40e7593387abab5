// One DTLS handshake, without a browser: two WebRtcTransports of the same worker shake hands,
// one as client and one as server. Both are ICE lite and wait to be called, so two UDP sockets
// here play the ICE clients and relay everything else between them.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { VerificationError } from './errors.mjs';
import { bindingRequest, isBindingSuccess, isStun } from './stun.mjs';

const STUN_RESEND_MS = 250;

async function openSocket() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Sends binding requests until the transport answers that it accepts one. */
async function completeIce(socket, transport) {
  const { port } = transport.iceCandidates[0];
  const send = () => socket.send(bindingRequest(transport.iceParameters), port, '127.0.0.1');
  const resend = setInterval(send, STUN_RESEND_MS);
  try {
    await new Promise((resolve, reject) => {
      const onMessage = (packet) => {
        if (!isStun(packet)) return;
        socket.off('message', onMessage);
        if (isBindingSuccess(packet)) resolve();
        else reject(new VerificationError('the worker refused a correct STUN binding request'));
      };
      socket.on('message', onMessage);
      send();
    });
  } finally {
    clearInterval(resend);
  }
}

function relay(from, to, transport) {
  const { port } = transport.iceCandidates[0];
  from.on('message', (packet) => {
    if (!isStun(packet)) to.send(packet, port, '127.0.0.1');
  });
}

function dtlsConnected(transport) {
  return new Promise((resolve, reject) => {
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') resolve();
      if (state === 'failed') reject(new VerificationError('the DTLS handshake failed'));
    });
  });
}

/** Resolves when both transports are DTLS connected. */
export async function verifyDtlsHandshake(router) {
  const options = { listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] };
  const [server, client] = await Promise.all([
    router.createWebRtcTransport(options),
    router.createWebRtcTransport(options),
  ]);
  const [toServer, toClient] = await Promise.all([openSocket(), openSocket()]);
  relay(toServer, toClient, client);
  relay(toClient, toServer, server);
  const connected = Promise.all([dtlsConnected(server), dtlsConnected(client)]);
  connected.catch(() => {});
  // The role given is that of the other side.
  await server.connect({ dtlsParameters: { ...client.dtlsParameters, role: 'client' } });
  await client.connect({ dtlsParameters: { ...server.dtlsParameters, role: 'server' } });
  await Promise.all([completeIce(toServer, server), completeIce(toClient, client)]);
  await connected;
  toServer.close();
  toClient.close();
}
