import type { types } from 'mediasoup-client';
import type { Layers, Score, Source } from '../../shared/protocol.js';

/** Where we stand with the server. `left` and `failed` end it; the others go on by themselves. */
export type ConnectionState =
  'connecting' | 'connected' | 'unstable' | 'reconnecting' | 'media-away' | 'left' | 'failed';

/** One stream of somebody else, as it stands right now. */
export interface RemoteMedia {
  readonly consumerId: string;
  readonly peerId: string;
  readonly source: Source;
  /** Set once the browser is ready for it. */
  consumer?: types.Consumer;
  closed: boolean;
  /** The sender muted it. */
  producerPaused: boolean;
  score: Score;
  layers: Layers | null;
  /** How many spatial layers the sender offers. */
  spatialLayers: number;
  /** The one that we asked for; undefined = the best that the network allows. */
  preferredSpatialLayer?: number;
}

export interface RemotePeer {
  readonly id: string;
  readonly displayName: string;
  camera?: RemoteMedia;
  microphone?: RemoteMedia;
  /** From 0 (silent) to 1. */
  volume: number;
  /** False while we asked the server not to send us this peer. */
  receiving: boolean;
}

export interface LocalSource {
  on: boolean;
  /** A change is under way. */
  busy: boolean;
  track?: MediaStreamTrack;
}

/** Everything that the page shows. */
export interface ConferenceState {
  readonly room: string;
  readonly displayName: string;
  connection: ConnectionState;
  /** Why, in words for the user, when `connection` is `failed`. */
  failure?: string;
  peerId?: string;
  readonly camera: LocalSource;
  readonly microphone: LocalSource;
  volume: number;
  readonly peers: Map<string, RemotePeer>;
  activeSpeaker: string | null;
}

const QUIETEST_DBOV = -70;
const LOUDEST_DBOV = -15;

/** Turns a volume in dBov into the share of the meter that lights up. */
export function meterShare(dBov: number): number {
  const share = (dBov - QUIETEST_DBOV) / (LOUDEST_DBOV - QUIETEST_DBOV);
  return Math.min(1, Math.max(0, share));
}
