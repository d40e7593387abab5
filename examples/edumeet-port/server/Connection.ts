import type { Socket } from 'socket.io';
import type { Answer, Method } from '../shared/protocol.js';
import { RequestError } from './errors.js';
import type { Log } from './log.js';
import { Peer } from './Peer.js';
import type { Room } from './Room.js';
import { schemas } from './schemas/requests.js';
import type { Notify, RequestAnswer, RequestData } from './wire.js';

const MAX_REQUESTS_IN_FLIGHT = 256;

export interface ConnectionOptions {
  socket: Socket;
  /** Finds the open room of that name, or opens it. */
  openRoom(name: string): Promise<Room>;
  log: Log;
}

type Handlers = { [M in Method]: (data: RequestData<M>) => Promise<RequestAnswer<M>> };
type Reply = (answer: Answer<unknown>) => void;

/**
 * One page's socket. Every request is checked before anything acts on it and is answered whatever
 * happens: no message of a page, however odd, may end the server or trouble another page.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  #place: { room: Room; peer: Peer } | undefined;
  #joining = false;
  #inFlight = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    for (const method of Object.keys(schemas) as Method[]) {
      this.#socket.on(method, (...args: unknown[]) => void this.#receive(method, args));
    }
    this.#socket.once('disconnect', () => this.#leave());
  }

  async #receive(method: Method, args: unknown[]): Promise<void> {
    const last = args.at(-1);
    const reply: Reply = typeof last === 'function' ? (last as Reply) : () => {};
    const data = typeof args[0] === 'function' ? undefined : args[0];
    if (this.#inFlight >= MAX_REQUESTS_IN_FLIGHT) {
      return reply(refusal(new RequestError('too-many-requests', 'Too many requests at once.')));
    }
    this.#inFlight++;
    try {
      reply({ ok: true, value: await this.#handle(method, data) });
    } catch (error) {
      reply(refusal(error));
      if (!(error instanceof RequestError))
        this.#options.log.warn('request failed', { method, error });
    } finally {
      this.#inFlight--;
    }
  }

  async #handle(method: Method, data: unknown): Promise<unknown> {
    const checked = schemas[method].safeParse(data);
    if (!checked.success) {
      const issue = checked.error.issues[0];
      const where = [method, ...(issue?.path ?? [])].join('.').slice(0, 80);
      throw new RequestError('bad-request', `${where}: ${issue?.message ?? 'invalid'}`);
    }
    // The table above pairs each method with its own schema, which the compiler cannot follow
    // through an index.
    const handler = this.#handlers[method] as (data: unknown) => Promise<unknown>;
    return handler(checked.data);
  }

  readonly #handlers: Handlers = {
    join: (data) => this.#join(data),
    leave: async () => {
      this.#leave();
      return {};
    },
    createTransport: async ({ direction }) => {
      const { room, peer } = this.#joined();
      const transport = await peer.createTransport(direction, room);
      const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
      return { id, iceParameters, iceCandidates, dtlsParameters };
    },
    connectTransport: async ({ transportId, dtlsParameters }) => {
      await this.#joined().peer.transport(transportId).connect({ dtlsParameters });
      return {};
    },
    restartIce: async ({ transportId }) => ({
      iceParameters: await this.#joined().peer.transport(transportId).restartIce(),
    }),
    produce: async ({ transportId, source, rtpParameters }) => {
      const { room, peer } = this.#joined();
      const producer = await peer.produce(transportId, source, rtpParameters);
      room.addProducer(producer);
      return { producerId: producer.id };
    },
    pauseProducer: async ({ producerId }) => {
      await this.#joined().peer.producer(producerId).pause();
      return {};
    },
    resumeProducer: async ({ producerId }) => {
      await this.#joined().peer.producer(producerId).resume();
      return {};
    },
    closeProducer: async ({ producerId }) => {
      this.#joined().peer.producer(producerId).close();
      return {};
    },
    receive: async ({ rtpCapabilities }) => {
      const { room, peer } = this.#joined();
      room.startReceiving(peer, rtpCapabilities);
      return {};
    },
    pauseConsumer: async ({ consumerId }) => {
      await this.#joined().peer.consumer(consumerId).pause();
      return {};
    },
    resumeConsumer: async ({ consumerId }) => {
      await this.#joined().peer.consumer(consumerId).resume();
      return {};
    },
    setPreferredLayers: async ({ consumerId, spatialLayer, temporalLayer }) => {
      const consumer = this.#joined().peer.consumer(consumerId);
      await consumer.setPreferredLayers({ spatialLayer, temporalLayer });
      return {};
    },
  };

  async #join(data: RequestData<'join'>): Promise<RequestAnswer<'join'>> {
    if (this.#joining || (this.#place && !this.#place.peer.closed)) {
      throw new RequestError('bad-request', 'You are in a room already.');
    }
    this.#checkAddress(data.room);
    this.#joining = true;
    try {
      const room = await this.#options.openRoom(data.room);
      if (!this.#socket.connected) {
        room.closeIfEmpty();
        throw new RequestError('not-joined', 'The connection was lost.');
      }
      const { displayName, pageKey } = data;
      const peer: Peer = new Peer({
        displayName,
        pageKey,
        notify: this.#notify,
        onMediaLost: () => room.lose(peer),
      });
      room.add(peer);
      this.#place = { room, peer };
      return {
        peerId: peer.id,
        peers: room.peerInfos().filter(({ id }) => id !== peer.id),
        activeSpeaker: room.activeSpeakerId,
        routerRtpCapabilities: room.router.rtpCapabilities,
      };
    } finally {
      this.#joining = false;
    }
  }

  /** Behind a balancer the address decides which server a socket comes to. */
  #checkAddress(room: string): void {
    const addressed = this.#socket.handshake.query['room'];
    if (addressed !== undefined && addressed !== room.toLowerCase()) {
      throw new RequestError('bad-request', "The socket's address names another room.");
    }
  }

  #leave(): void {
    this.#place?.room.remove(this.#place.peer);
    this.#place = undefined;
  }

  #joined(): { room: Room; peer: Peer } {
    if (!this.#place || this.#place.peer.closed) {
      throw new RequestError('not-joined', 'Join a room first.');
    }
    return this.#place;
  }

  readonly #notify: Notify = (name, data) => void this.#socket.emit(name, data);
}

/** What the page is told. Only our own errors and mediasoup's have words that are meant for it. */
function refusal(error: unknown): Answer<never> {
  if (error instanceof RequestError) {
    return { ok: false, error: { code: error.code, message: error.message } };
  }
  const message = error instanceof Error ? error.message : 'unknown error';
  return { ok: false, error: { code: 'media-error', message: message.slice(0, 200) } };
}
