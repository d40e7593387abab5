import { once } from 'node:events';
import { childKind, rows } from '@tureen/protocol';
import { Packr } from 'msgpackr';
import { WebSocket } from 'ws';

const packr = new Packr({ useRecords: false });

/** A client of the bare server: calls on objects by number. */
export class Bare {
  #socket;
  #waiting = new Map();
  #nextId = 1;
  #nextHandle = 1;

  static async connect(url) {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    return new Bare(socket);
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

  /** What takes the place of the mediasoup module. */
  get mediasoup() {
    return new BareObject(this, 'mediasoup', 0, {});
  }

  call(...request) {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#waiting.set(id, resolve);
      this.#socket.send(packr.pack([id, ...request]));
    });
  }

  async create(kind, handle, method, args) {
    const child = this.#nextHandle++;
    return new BareObject(this, kind, child, await this.call(handle, method, args, child));
  }

  close() {
    this.#socket.terminate();
  }
}

class BareObject {
  constructor(bare, kind, handle, fields) {
    Object.assign(this, fields, { bare, handle });
    return Object.setPrototypeOf(this, methodsOf[kind]);
  }
}

/** A prototype for each kind, with the methods of the API table. */
const methodsOf = Object.fromEntries(
  Object.entries(rows).map(([kind, { calls }]) => {
    const methods = {
      on: () => undefined,
      close() {
        void this.bare.call(this.handle, 'close', []);
      },
    };
    for (const [method, row] of Object.entries(calls)) {
      const created = childKind(row);
      methods[method] = created
        ? function (...args) {
            return this.bare.create(created, this.handle, method, args);
          }
        : function (...args) {
            return this.bare.call(this.handle, method, args);
          };
    }
    return [kind, methods];
  }),
);
