import { Device, type types } from 'mediasoup-client';
import type { ConsumerInfo, Direction, PeerInfo } from '../../shared/protocol.js';
import { ConnectionLostError } from './errors.js';
import { PathWatch } from './PathWatch.js';
import { Receiver } from './Receiver.js';
import { Sender } from './Sender.js';
import type { NotificationHandlers, Signaling } from './Signaling.js';
import { meterShare, type ConferenceState, type RemotePeer } from './state.js';
import type { PageMedia } from './wire.js';

/** Why a stay in the room ended. */
export type SessionEnd = 'disconnected' | 'media-lost' | 'media-failed' | 'shutdown';

export interface SessionOptions {
  signaling: Signaling;
  state: ConferenceState;
  pageKey: string;
  changed: () => void;
}

/**
 * One stay in the room, from joining to the loss of socket, media or room. It does not mend
 * itself beyond an ICE restart: the conference closes it and joins again with a new one.
 */
export class Session {
  /** Resolves when the stay is over, whatever ended it. */
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #end: (reason: SessionEnd) => void;
  readonly #undo: (() => void)[] = [];
  readonly #transports: types.Transport[] = [];
  readonly #paths: PathWatch[] = [];
  #sender: Sender | undefined;
  #receiver: Receiver | undefined;
  #asked = false;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    let end: (reason: SessionEnd) => void = () => {};
    this.ended = new Promise((resolve) => (end = resolve));
    this.#end = end;
  }

  /** Joins the room and begins to receive. @throws RefusedError or ConnectionLostError */
  async open(): Promise<void> {
    const { signaling, state, pageKey } = this.#options;
    this.#undo.push(signaling.listen(this.#notifications()));
    this.#undo.push(signaling.onDisconnect(() => this.#end('disconnected')));

    const { room, displayName } = state;
    this.#asked = true;
    const joined = await signaling.request('join', { room, displayName, pageKey });
    state.peerId = joined.peerId;
    state.activeSpeaker = joined.activeSpeaker;
    for (const info of joined.peers) this.#peer(info);

    const device = await Device.factory();
    await device.load({ routerRtpCapabilities: joined.routerRtpCapabilities });
    const [sending, receiving] = await Promise.all([
      this.#createTransport(device, 'send'),
      this.#createTransport(device, 'receive'),
    ]);
    this.#sender = new Sender(sending, signaling);
    this.#receiver = new Receiver(receiving, signaling);
    await signaling.request('receive', { rtpCapabilities: device.recvRtpCapabilities });
  }

  get sender(): Sender | undefined {
    return this.#sender;
  }
  get receiver(): Receiver | undefined {
    return this.#receiver;
  }

  /** Ends the stay, as far as it has come; forgets everybody. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const undo of this.#undo) undo();
    // Where only the media failed the server knows of nothing, and would not let us in again. It
    // does this before anything that comes after, and minds it as little when we are out already.
    if (this.#asked) this.#options.signaling.request('leave', {}).catch(() => {});
    for (const path of this.#paths) path.stop();
    for (const transport of this.#transports) transport.close();
    const { state } = this.#options;
    state.peers.clear();
    state.activeSpeaker = null;
    state.peerId = undefined;
    state.volume = 0;
  }

  async #createTransport(device: Device, direction: Direction): Promise<types.Transport> {
    const { signaling } = this.#options;
    const settings = await signaling.request('createTransport', { direction });
    if (this.#closed) throw new ConnectionLostError('closed');
    const transport =
      direction === 'send'
        ? device.createSendTransport(settings)
        : device.createRecvTransport(settings);
    this.#transports.push(transport);
    transport.on('connect', ({ dtlsParameters }, callback, errback) => {
      signaling
        .request('connectTransport', { transportId: transport.id, dtlsParameters })
        .then(() => callback(), errback);
    });
    this.#paths.push(new PathWatch(transport, signaling, () => this.#end('media-failed')));
    transport.on('connectionstatechange', () => this.#showPaths());
    return transport;
  }

  #showPaths(): void {
    const { state, changed } = this.#options;
    const broken = this.#paths.some((path) => path.broken);
    if (state.connection === 'connected' && broken) state.connection = 'unstable';
    if (state.connection === 'unstable' && !broken) state.connection = 'connected';
    changed();
  }

  #peer(info: PeerInfo): RemotePeer {
    const { peers } = this.#options.state;
    const known = peers.get(info.id);
    if (known) return known;
    const peer: RemotePeer = { ...info, volume: 0, receiving: true };
    peers.set(peer.id, peer);
    return peer;
  }

  #takeConsumer(info: ConsumerInfo<PageMedia>): void {
    const peer = this.#options.state.peers.get(info.peerId);
    if (!peer || !this.#receiver) return;
    this.#receiver
      .take(info, peer)
      .then(this.#options.changed)
      // The stay, the peer or the consumer may end while the browser prepares for it.
      .catch((error: Error) => console.warn('a consumer was not taken', error));
  }

  #notifications(): NotificationHandlers {
    const { state, changed } = this.#options;
    const update =
      <T>(apply: (data: T) => void) =>
      (data: T) => {
        apply(data);
        changed();
      };
    const media = (consumerId: string) => this.#receiver?.get(consumerId);

    return {
      peerJoined: update((info) => void this.#peer(info)),
      peerLeft: update(({ peerId }) => {
        const peer = state.peers.get(peerId);
        state.peers.delete(peerId);
        for (const source of ['camera', 'microphone'] as const) {
          const consumerId = peer?.[source]?.consumerId;
          if (consumerId !== undefined) this.#receiver?.drop(consumerId);
        }
      }),
      newConsumer: update((info) => this.#takeConsumer(info)),
      consumerClosed: update(({ consumerId }) => {
        const dropped = this.#receiver?.drop(consumerId);
        if (!dropped) return;
        const peer = state.peers.get(dropped.peerId);
        // A newer stream of the same source may have taken its place already.
        if (peer?.[dropped.source] === dropped) delete peer[dropped.source];
      }),
      consumerPaused: update(({ consumerId }) => setPaused(media(consumerId), true)),
      consumerResumed: update(({ consumerId }) => setPaused(media(consumerId), false)),
      consumerLayers: update(({ consumerId, layers }) => {
        const changing = media(consumerId);
        if (changing) changing.layers = layers;
      }),
      consumerScore: update(({ consumerId, score }) => {
        const changing = media(consumerId);
        if (changing) changing.score = score;
      }),
      activeSpeaker: update(({ peerId }) => (state.activeSpeaker = peerId)),
      volumes: update(({ volumes }) => {
        const shares = new Map(volumes.map((v) => [v.peerId, meterShare(v.volume)]));
        for (const peer of state.peers.values()) peer.volume = shares.get(peer.id) ?? 0;
        state.volume = shares.get(state.peerId ?? '') ?? 0;
      }),
      removed: ({ reason }) => this.#end(reason),
    };
  }
}

function setPaused(media: { producerPaused: boolean } | undefined, paused: boolean): void {
  if (media) media.producerPaused = paused;
}
