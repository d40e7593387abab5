import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIPv6, type AddressInfo } from 'node:net';
import type * as types from 'mediasoup/types';
import { Server as SocketServer } from 'socket.io';
import { Connection } from './Connection.js';
import { createHttpApp } from './http.js';
import { consoleLog, type Log } from './log.js';
import { Room } from './Room.js';
import { WorkerPool } from './WorkerPool.js';

const MAX_MESSAGE_BYTES = 128 * 1024;
const PING_INTERVAL_MS = 5_000;
const PING_TIMEOUT_MS = 10_000;

export interface ConferenceServerOptions {
  /** mediasoup itself, or anything that offers its API. The server imports none of its own. */
  mediasoup: types.Index;
  /** Port of the page, default 3000; 0 = any free. */
  port?: number;
  /** Address of the page, default 127.0.0.1. */
  host?: string;
  /** PEM texts; with them the page is served over https. */
  tls?: { cert: string; key: string };
  /** Number of media workers, default 1. */
  workers?: number;
  /** Address on the media host that media arrives at, default 127.0.0.1. */
  mediaListenIp?: string;
  /** Address that pages are told instead of `mediaListenIp`. */
  mediaAnnouncedAddress?: string;
  /** Media port of the first worker, UDP and TCP; the others follow. Default 0 = any free. */
  webRtcPort?: number;
  /** People in one room, default 50. */
  maxPeersPerRoom?: number;
  /** Folder of the built page. Without it only sockets and the API are served. */
  publicFolder?: string;
  /** Default: lines on standard error. */
  log?: Log;
}

/**
 * Starts a conference server.
 *
 * @returns once workers exist and the page can be opened.
 * @throws what mediasoup threw when no worker could be created, or the listening error.
 */
export async function createConferenceServer(
  options: ConferenceServerOptions,
): Promise<ConferenceServer> {
  const server = new ConferenceServer(options);
  try {
    await server.start(options.mediasoup);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

export class ConferenceServer {
  readonly #options: ConferenceServerOptions;
  readonly #log: Log;
  readonly #pool: WorkerPool;
  readonly #http: HttpServer;
  readonly #sockets: SocketServer;
  readonly #rooms = new Map<string, Room>();
  readonly #opening = new Map<string, Promise<Room>>();
  #closed = false;

  /** @private Use {@link createConferenceServer}. */
  constructor(options: ConferenceServerOptions) {
    this.#options = options;
    this.#log = options.log ?? consoleLog;
    this.#pool = new WorkerPool({
      count: options.workers ?? 1,
      listenIp: options.mediaListenIp ?? '127.0.0.1',
      announcedAddress: options.mediaAnnouncedAddress,
      webRtcPort: options.webRtcPort ?? 0,
      log: this.#log,
    });
    const app = createHttpApp({
      publicFolder: options.publicFolder,
      findRoom: (name) => this.#rooms.get(name.toLowerCase()),
      mediaReady: () => this.#pool.pids.length > 0,
    });
    this.#http = options.tls ? createHttpsServer(options.tls, app) : createHttpServer(app);
    this.#sockets = new SocketServer(this.#http, {
      serveClient: false,
      transports: ['websocket'],
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
    });
    this.#sockets.on('connection', (socket) => {
      new Connection({ socket, openRoom: (name) => this.#openRoom(name), log: this.#log });
    });
  }

  /** Where the page is. */
  get url(): string {
    const { address, port } = this.#http.address() as AddressInfo;
    const host = isIPv6(address) ? `[${address}]` : address;
    return `${this.#options.tls ? 'https' : 'http'}://${host}:${port}`;
  }

  /** Pids of the media workers alive, on whichever host they are. */
  get workerPids(): number[] {
    return this.#pool.pids;
  }

  /** @private */
  async start(mediasoup: types.Index): Promise<void> {
    await this.#pool.start(mediasoup);
    this.#http.listen(this.#options.port ?? 3000, this.#options.host ?? '127.0.0.1');
    await once(this.#http, 'listening');
  }

  /**
   * Tells the server that its mediasoup object went away (undefined) or is back. While it is away
   * nobody can join; the rooms of dead workers have been closed, and their pages join again as
   * soon as there are workers.
   */
  setMediasoup(mediasoup: types.Index | undefined): void {
    this.#pool.setMediasoup(mediasoup);
  }

  /** Tells everybody, then closes sockets, page and workers. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const room of [...this.#rooms.values()]) room.close('shutdown');
    await this.#sockets.close();
    // A room that was in the making closes itself, see #createRoom.
    await Promise.allSettled(this.#opening.values());
    await this.#pool.close();
  }

  /** One room per name, however many ask at once, and however they write it. */
  async #openRoom(name: string): Promise<Room> {
    const key = name.toLowerCase();
    const open = this.#rooms.get(key);
    if (open) return open;
    let opening = this.#opening.get(key);
    if (!opening) {
      opening = this.#createRoom(key).finally(() => this.#opening.delete(key));
      this.#opening.set(key, opening);
    }
    const room = await opening;
    // The one who came first may have left again already, and the room with them.
    return room.closed && !this.#closed ? this.#openRoom(name) : room;
  }

  async #createRoom(name: string): Promise<Room> {
    const room = await Room.create({
      name,
      pool: this.#pool,
      maxPeers: this.#options.maxPeersPerRoom ?? 50,
      log: this.#log,
    });
    if (this.#closed) room.close('shutdown');
    if (!room.closed) {
      this.#rooms.set(name, room);
      room.once('close', () => this.#rooms.delete(name));
    }
    return room;
  }
}
