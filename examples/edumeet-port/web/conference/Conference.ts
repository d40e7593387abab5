import type { Source } from '../../shared/protocol.js';
import { DeviceError, RefusedError } from './errors.js';
import type { LocalMedia } from './LocalMedia.js';
import { Session, type SessionEnd } from './Session.js';
import { Signaling } from './Signaling.js';
import type { ConferenceState, LocalSource } from './state.js';

export interface ConferenceOptions {
  room: string;
  displayName: string;
  /** Sources that start switched on. */
  sources: Source[];
  media: LocalMedia;
  /** Something of the state changed; called often. */
  onChange: () => void;
  /** Something that the user should read. */
  onNotice: (message: string) => void;
}

const RETRY_MS = 1_000;
/** Refusals that trying again does not change. */
const FINAL: ReadonlySet<string> = new Set(['bad-request', 'room-full']);

/** A page's key, so that the server knows the page again after a lost connection. */
const pageKey = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
  byte.toString(16).padStart(2, '0'),
).join('');

/**
 * Being in a conference, from `start` to `leave`. Whatever breaks in between (socket, server,
 * media) ends one {@link Session}, and the next one is begun as soon as that is possible.
 */
export class Conference {
  readonly state: ConferenceState;
  readonly #options: ConferenceOptions;
  readonly #signaling: Signaling;
  readonly #left = new AbortController();
  #session: Session | undefined;

  constructor(options: ConferenceOptions) {
    this.#options = options;
    this.#signaling = new Signaling(options.room);
    const source = (name: Source): LocalSource => ({
      on: options.sources.includes(name),
      busy: false,
    });
    this.state = {
      room: options.room,
      displayName: options.displayName,
      connection: 'connecting',
      camera: source('camera'),
      microphone: source('microphone'),
      volume: 0,
      peers: new Map(),
      activeSpeaker: null,
    };
  }

  /** Joins, and stays joined until {@link leave}. */
  async start(): Promise<void> {
    this.#signaling.onDialFailed(() => this.#show('reconnecting'));
    this.#signaling.open();
    void this.#startDevices();
    while (!this.#left.signal.aborted) {
      try {
        await this.#signaling.connected(this.#left.signal);
        await this.#stay();
      } catch (error) {
        if (!(await this.#mayRetry(error))) return;
      }
    }
  }

  leave(): void {
    this.#finish('left');
  }

  /** Switches camera or microphone. Problems are told as a notice. */
  async toggle(source: Source): Promise<void> {
    const local = this.state[source];
    if (local.busy) return;
    local.on = !local.on;
    await this.#exclusively([source], () =>
      local.on ? this.#switchOn(source) : this.#switchOff(source),
    );
  }

  /** Stops or restarts receiving one peer. */
  async setReceiving(peerId: string, receiving: boolean): Promise<void> {
    const peer = this.state.peers.get(peerId);
    if (!peer) return;
    peer.receiving = receiving;
    this.#options.onChange();
    await this.#session?.receiver?.setReceiving(peer).catch(this.#warn);
    this.#options.onChange();
  }

  /** Chooses a peer's picture: a spatial layer, or undefined for automatic. */
  async setPreferredLayer(peerId: string, layer: number | undefined): Promise<void> {
    const media = this.state.peers.get(peerId)?.camera;
    if (!media) return;
    await this.#session?.receiver?.setPreferredLayer(media, layer).catch(this.#warn);
    this.#options.onChange();
  }

  /** One session from join to its end. */
  async #stay(): Promise<void> {
    const session = new Session({
      signaling: this.#signaling,
      state: this.state,
      pageKey,
      changed: this.#options.onChange,
    });
    this.#session = session;
    try {
      await session.open();
      this.#show('connected');
      for (const source of ['microphone', 'camera'] as const) {
        if (this.state[source].on) await this.#send(source);
      }
      this.#show(stateAfter(await session.ended));
    } finally {
      session.close();
      this.#session = undefined;
      this.#options.onChange();
    }
  }

  /** Says whether to try again, after a pause, or that it is over. */
  async #mayRetry(error: unknown): Promise<boolean> {
    if (this.#left.signal.aborted) return false;
    if (error instanceof RefusedError && FINAL.has(error.code)) {
      this.state.failure = error.message;
      this.#finish('failed');
      return false;
    }
    if (error instanceof Error && error.name === 'UnsupportedError') {
      this.state.failure = 'This browser cannot take part: it lacks WebRTC.';
      this.#finish('failed');
      return false;
    }
    const away = error instanceof RefusedError && error.code === 'media-unavailable';
    this.#show(away ? 'media-away' : 'reconnecting');
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    return true;
  }

  #finish(connection: 'left' | 'failed'): void {
    if (this.#left.signal.aborted) return;
    this.#left.abort();
    this.#session?.close();
    this.#signaling.close();
    this.#options.media.stopAll();
    this.#show(connection);
  }

  /** Nobody waits for this: we are in the room while the browser still asks for permission. */
  async #startDevices(): Promise<void> {
    const { sources, media } = this.#options;
    await this.#exclusively(sources, async () => {
      if (sources.length > 1) await media.startTogether(sources);
      await Promise.all(sources.map((source) => this.#switchOn(source)));
    });
  }

  /** Marks sources as busy while something is done to them. */
  async #exclusively(sources: Source[], action: () => Promise<unknown>): Promise<void> {
    const busy = (value: boolean) => {
      for (const source of sources) this.state[source].busy = value;
      this.#options.onChange();
    };
    busy(true);
    try {
      await action();
    } finally {
      busy(false);
    }
  }

  async #startDevice(source: Source): Promise<void> {
    const local = this.state[source];
    if (!local.on) return;
    try {
      const track = await this.#options.media.start(source);
      // Left while the browser asked for permission.
      if (this.#left.signal.aborted) return this.#options.media.stop(source);
      local.track = track;
      track.addEventListener('ended', () => this.#deviceLost(source, track), { once: true });
    } catch (error) {
      local.on = false;
      if (error instanceof DeviceError) this.#options.onNotice(error.message);
      else throw error;
    } finally {
      this.#options.onChange();
    }
  }

  async #switchOn(source: Source): Promise<void> {
    await this.#startDevice(source);
    if (this.state[source].on) await this.#send(source);
  }

  async #switchOff(source: Source): Promise<void> {
    await this.#session?.sender?.pause(source).catch(this.#warn);
    if (source !== 'camera') return;
    this.state.camera.track = undefined;
    this.#options.media.stop('camera');
  }

  async #send(source: Source): Promise<void> {
    const { track } = this.state[source];
    if (track) await this.#session?.sender?.send(source, track).catch(this.#warn);
  }

  #deviceLost(source: Source, track: MediaStreamTrack): void {
    const local = this.state[source];
    if (local.track !== track || !local.on) return;
    local.on = false;
    local.track = undefined;
    this.#options.onNotice(`The ${source} was disconnected.`);
    void this.#switchOff(source).then(this.#options.onChange);
  }

  #show(connection: ConferenceState['connection']): void {
    const { state } = this;
    if (state.connection === 'left' || state.connection === 'failed') return;
    state.connection = connection;
    this.#options.onChange();
  }

  /** A failure of one action. When it is the connection's, the session ends by itself. */
  readonly #warn = (error: Error): void => {
    console.warn(error);
    if (error instanceof RefusedError) this.#options.onNotice(error.message);
  };
}

function stateAfter(end: SessionEnd): 'reconnecting' | 'media-away' {
  return end === 'media-lost' ? 'media-away' : 'reconnecting';
}
