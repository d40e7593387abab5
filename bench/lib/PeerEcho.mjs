import { once } from 'node:events';
import { Peer, SocketLink } from '@tureen/protocol';
import { WebSocket } from 'ws';

/** `reply`, so that both ends take it for a message. */
const messageType = 12;

/** A client of the peer server: messages of a session there and back. */
export class PeerEcho {
  #socket;
  #peer;
  #waiting = new Map();
  #nextId = 1;

  static async connect(url) {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    return new PeerEcho(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    this.#peer = new Peer({
      untrusted: false,
      onMessages: (messages) => {
        for (const [, , id] of messages) {
          const resolve = this.#waiting.get(id);
          this.#waiting.delete(id);
          resolve();
        }
      },
      onDetached: () => undefined,
      onBroken: (error) => {
        throw error;
      },
    });
    this.#peer.attach(new SocketLink(socket), 0);
  }

  /**
   * @param urgency 'patient' for a message that is numbered, kept and acknowledged; 'lossy' for one
   *   that is not. Both leave at the same moment.
   */
  call(urgency, payload) {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#waiting.set(id, resolve);
      this.#peer.send([messageType, urgency, id, payload], urgency);
    });
  }

  close() {
    this.#socket.terminate();
  }
}
