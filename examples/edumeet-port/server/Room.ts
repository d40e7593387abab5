import { EventEmitter } from 'node:events';
import type * as types from 'mediasoup/types';
import type {
  NotificationName,
  Notifications,
  PeerInfo,
  RemovalReason,
} from '../shared/protocol.js';
import { MediaUnavailableError, RequestError } from './errors.js';
import type { Log } from './log.js';
import type { Peer } from './Peer.js';
import type { PeerProducer, ServerMedia } from './wire.js';
import type { WorkerPool } from './WorkerPool.js';

const MEDIA_CODECS: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  {
    kind: 'video',
    mimeType: 'video/VP8',
    clockRate: 90_000,
    parameters: { 'x-google-start-bitrate': 1_000 },
  },
];
const VOLUME_INTERVAL_MS = 250;
const QUIETEST_VOLUME_DBOV = -70;
const SPEAKER_INTERVAL_MS = 300;

export interface RoomOptions {
  name: string;
  pool: WorkerPool;
  maxPeers: number;
  log: Log;
}

/**
 * One conference: a router, those who are in it, and who of them speaks. Emits `close` once, when
 * the last peer has left, when its worker died or when the server ends.
 */
export class Room extends EventEmitter<{ close: [] }> {
  readonly name: string;
  readonly router: types.Router;
  readonly webRtcServer: types.WebRtcServer;
  readonly #log: Log;
  readonly #maxPeers: number;
  readonly #peers = new Map<string, Peer>();
  readonly #audioLevels: types.AudioLevelObserver;
  readonly #speakers: types.ActiveSpeakerObserver;
  #activeSpeaker: PeerProducer | undefined;
  #closed = false;

  static async create(options: RoomOptions): Promise<Room> {
    const place = await options.pool.createRouter(MEDIA_CODECS);
    try {
      const [audioLevels, speakers] = await Promise.all([
        place.router.createAudioLevelObserver({
          maxEntries: options.maxPeers,
          threshold: QUIETEST_VOLUME_DBOV,
          interval: VOLUME_INTERVAL_MS,
        }),
        place.router.createActiveSpeakerObserver({ interval: SPEAKER_INTERVAL_MS }),
      ]);
      return new Room(options, place, audioLevels, speakers);
    } catch (cause) {
      place.router.close();
      throw new MediaUnavailableError({ cause });
    }
  }

  private constructor(
    options: RoomOptions,
    place: { router: types.Router; webRtcServer: types.WebRtcServer },
    audioLevels: types.AudioLevelObserver,
    speakers: types.ActiveSpeakerObserver,
  ) {
    super();
    this.name = options.name;
    this.#log = options.log;
    this.#maxPeers = options.maxPeers;
    this.router = place.router;
    this.webRtcServer = place.webRtcServer;
    this.#audioLevels = audioLevels;
    this.#speakers = speakers;
    this.#listen();
    this.#log.info('room opened', { room: this.name });
  }

  get closed(): boolean {
    return this.#closed;
  }
  get activeSpeakerId(): string | null {
    return this.#activeSpeaker?.appData.peerId ?? null;
  }
  get peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  peerInfos(): PeerInfo[] {
    return Array.from(this.#peers.values(), ({ id, displayName }) => ({ id, displayName }));
  }

  /** Lets a peer in. A page that comes back takes the place of its own ghost. */
  add(peer: Peer): void {
    if (this.#closed) throw new MediaUnavailableError();
    const ghosts = [...this.#peers.values()].filter(({ pageKey }) => pageKey === peer.pageKey);
    if (this.#peers.size - ghosts.length >= this.#maxPeers) {
      throw new RequestError('room-full', `This room is full (${this.#maxPeers} people).`);
    }
    this.broadcast('peerJoined', { id: peer.id, displayName: peer.displayName });
    this.#peers.set(peer.id, peer);
    // After the newcomer is in: removing the last peer would close the room.
    for (const ghost of ghosts) this.remove(ghost);
  }

  /** Lets a peer go, and closes the room behind the last one. Doing it twice is harmless. */
  remove(peer: Peer): void {
    if (!this.#peers.delete(peer.id)) return;
    peer.close();
    this.broadcast('peerLeft', { peerId: peer.id });
    this.closeIfEmpty();
  }

  /** Lets a peer go whose own media is lost, and tells it so: it may join again at once. */
  lose(peer: Peer): void {
    if (!this.#peers.has(peer.id)) return;
    this.#log.warn('a peer lost its media', { room: this.name, peer: peer.id });
    peer.notify('removed', { reason: 'media-lost' });
    this.remove(peer);
  }

  closeIfEmpty(): void {
    if (this.#peers.size === 0) this.close();
  }

  /** Starts to give a peer what the others send, now and from here on. */
  startReceiving(peer: Peer, rtpCapabilities: types.RtpCapabilities): void {
    peer.startReceiving(rtpCapabilities);
    for (const other of this.#peers.values()) {
      if (other === peer) continue;
      for (const producer of other.producers) this.#consume(peer, producer);
    }
  }

  /** Shows everybody else what a peer has begun to send. */
  addProducer(producer: PeerProducer): void {
    for (const peer of this.#peers.values()) {
      if (peer.id !== producer.appData.peerId) this.#consume(peer, producer);
    }
    if (producer.kind === 'audio') this.#observe(producer);
  }

  broadcast<N extends NotificationName>(name: N, data: Notifications<ServerMedia>[N]): void {
    for (const peer of this.#peers.values()) peer.notify(name, data);
  }

  /** Ends the room for everybody in it; they are told why unless it is empty. */
  close(reason?: RemovalReason): void {
    if (this.#closed) return;
    this.#closed = true;
    if (reason) this.broadcast('removed', { reason });
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
    this.router.close();
    this.#log.info('room closed', { room: this.name, reason: reason ?? 'empty' });
    this.emit('close');
  }

  #listen(): void {
    this.router.once('workerclose', () => this.close('media-lost'));
    this.#audioLevels.on('volumes', (volumes) =>
      this.broadcast('volumes', {
        volumes: volumes.map(({ producer, volume }) => ({
          peerId: (producer as PeerProducer).appData.peerId,
          volume,
        })),
      }),
    );
    this.#audioLevels.on('silence', () => this.broadcast('volumes', { volumes: [] }));
    this.#speakers.on('dominantspeaker', ({ producer }) =>
      this.#setActiveSpeaker(producer as PeerProducer),
    );
  }

  #setActiveSpeaker(producer: PeerProducer | undefined): void {
    this.#activeSpeaker = producer;
    this.broadcast('activeSpeaker', { peerId: this.activeSpeakerId });
  }

  #observe(producer: PeerProducer): void {
    // mediasoup names the next speaker when there is one; until then nobody speaks.
    const fellSilent = () => {
      if (this.#activeSpeaker === producer) this.#setActiveSpeaker(undefined);
    };
    producer.observer.on('pause', fellSilent);
    producer.observer.once('close', fellSilent);
    for (const observer of [this.#audioLevels, this.#speakers]) {
      observer.addProducer({ producerId: producer.id }).catch((error: Error) => {
        if (!producer.closed) this.#log.warn('a microphone is not observed', { error });
      });
    }
  }

  #consume(peer: Peer, producer: PeerProducer): void {
    const again = () => this.#consume(peer, producer);
    peer.consume(producer, this.router, again).catch((error: Error) => {
      // Either side may leave while the consumer is in the making.
      if (peer.closed || producer.closed) return;
      this.#log.warn('a consumer could not be created', { room: this.name, error });
    });
  }
}
