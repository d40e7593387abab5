import { once } from 'node:events';
import { Packr } from 'msgpackr';
import { WebSocket } from 'ws';

const packr = new Packr({ useRecords: false });

/** A client of the echo server: the same payloads as a call, and nothing else. */
export class Echo {
  #socket;
  #waiting = new Map();
  #nextId = 1;

  static async connect(url) {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    return new Echo(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const [id, answer] = packr.unpack(data);
      const resolve = this.#waiting.get(id);
      this.#waiting.delete(id);
      resolve(answer);
    });
  }

  /** @param answer What the server shall answer to this name from now on. */
  call(name, request, answer) {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#waiting.set(id, resolve);
      this.#socket.send(
        packr.pack(answer === undefined ? [id, name, request] : [id, name, request, answer]),
      );
    });
  }

  close() {
    this.#socket.terminate();
  }
}
