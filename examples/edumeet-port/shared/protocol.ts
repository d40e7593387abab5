/**
 * What the page and the server say to each other over socket.io.
 *
 * No imports: the server fills in mediasoup's types and the page mediasoup-client's, which are
 * alike on the wire but live in packages that must not meet.
 */

export type Source = 'camera' | 'microphone';
export type Direction = 'send' | 'receive';
export type Kind = 'audio' | 'video';

/** The media types that each side fills in. */
export interface MediaTypes {
  rtpCapabilities: unknown;
  routerRtpCapabilities: unknown;
  rtpParameters: unknown;
  dtlsParameters: unknown;
  iceParameters: unknown;
  iceCandidates: unknown;
}

export interface PeerInfo {
  id: string;
  displayName: string;
}

export interface Layers {
  spatialLayer: number;
  temporalLayer?: number;
}

export interface Score {
  score: number;
  producerScore: number;
  producerScores: number[];
}

export interface Volume {
  peerId: string;
  /** Average of the last interval in dBov, from -127 (silence) to 0. */
  volume: number;
}

export interface ConsumerInfo<M extends MediaTypes> {
  consumerId: string;
  producerId: string;
  peerId: string;
  source: Source;
  kind: Kind;
  rtpParameters: M['rtpParameters'];
  producerPaused: boolean;
  score: Score;
  layers: Layers | null;
}

/** Why a page is not in its room any more. After `media-lost` it joins again by itself. */
export type RemovalReason = 'media-lost' | 'shutdown';

type Nothing = Record<string, never>;

/** Asked by the page, answered by the server. */
export interface Requests<M extends MediaTypes> {
  join: {
    /** `pageKey` is the page's secret: a page that comes back replaces its own ghost. */
    data: { room: string; displayName: string; pageKey: string };
    answer: {
      peerId: string;
      peers: PeerInfo[];
      activeSpeaker: string | null;
      routerRtpCapabilities: M['routerRtpCapabilities'];
    };
  };
  leave: { data: Nothing; answer: Nothing };
  createTransport: {
    data: { direction: Direction };
    answer: {
      id: string;
      iceParameters: M['iceParameters'];
      iceCandidates: M['iceCandidates'];
      dtlsParameters: M['dtlsParameters'];
    };
  };
  connectTransport: {
    data: { transportId: string; dtlsParameters: M['dtlsParameters'] };
    answer: Nothing;
  };
  restartIce: { data: { transportId: string }; answer: { iceParameters: M['iceParameters'] } };
  produce: {
    data: { transportId: string; source: Source; rtpParameters: M['rtpParameters'] };
    answer: { producerId: string };
  };
  pauseProducer: { data: { producerId: string }; answer: Nothing };
  resumeProducer: { data: { producerId: string }; answer: Nothing };
  closeProducer: { data: { producerId: string }; answer: Nothing };
  /** From here on the page gets a consumer for everything that anybody in the room sends. */
  receive: { data: { rtpCapabilities: M['rtpCapabilities'] }; answer: Nothing };
  pauseConsumer: { data: { consumerId: string }; answer: Nothing };
  resumeConsumer: { data: { consumerId: string }; answer: Nothing };
  setPreferredLayers: { data: { consumerId: string } & Layers; answer: Nothing };
}

export type Method = keyof Requests<MediaTypes>;

/** Told by the server. */
export interface Notifications<M extends MediaTypes> {
  peerJoined: PeerInfo;
  peerLeft: { peerId: string };
  newConsumer: ConsumerInfo<M>;
  consumerClosed: { consumerId: string };
  consumerPaused: { consumerId: string };
  consumerResumed: { consumerId: string };
  consumerLayers: { consumerId: string; layers: Layers | null };
  consumerScore: { consumerId: string; score: Score };
  activeSpeaker: { peerId: string | null };
  volumes: { volumes: Volume[] };
  /** The page has lost its place: with the whole room, or alone while the others go on. */
  removed: { reason: RemovalReason };
}

export type NotificationName = keyof Notifications<MediaTypes>;

export type ErrorCode =
  | 'bad-request'
  | 'not-joined'
  | 'not-found'
  | 'room-full'
  | 'too-many-requests'
  | 'media-unavailable'
  | 'media-error';

/** Every request is answered, through socket.io's acknowledgement, with one of these. */
export type Answer<T> =
  { ok: true; value: T } | { ok: false; error: { code: ErrorCode; message: string } };

/** A room's name as it stands in the address bar. */
export const ROOM_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/i;
export const DISPLAY_NAME_LENGTH = 40;
