// Answers each message of a session with an equal one: all of Tureen's wire, and nothing of mediasoup.
import { Peer, SocketLink } from '@tureen/protocol';
import { privateServer } from '../lib/privateServer.mjs';

const { server, url } = await privateServer();

server.on('connection', (socket) => {
  const peer = new Peer({
    onMessages: (messages) => {
      // The first part says how the message came, and how the answer is to leave.
      for (const message of messages) peer.send(message, message[1]);
    },
    onDetached: () => undefined,
    onBroken: (error) => {
      throw error;
    },
  });
  peer.attach(new SocketLink(socket), 0);
});
process.send({ url });
process.on('disconnect', () => process.exit());
