import type * as types from 'mediasoup/types';
import type {
  MediaTypes,
  Method,
  NotificationName,
  Notifications,
  Requests,
  Source,
  Direction,
} from '../shared/protocol.js';

/** The protocol with mediasoup's types filled in. */
export interface ServerMedia extends MediaTypes {
  rtpCapabilities: types.RtpCapabilities;
  routerRtpCapabilities: types.RtpCapabilities;
  rtpParameters: types.RtpParameters;
  dtlsParameters: types.DtlsParameters;
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
}

export type RequestData<M extends Method> = Requests<ServerMedia>[M]['data'];
export type RequestAnswer<M extends Method> = Requests<ServerMedia>[M]['answer'];

/** Tells one page something. Never throws, whatever the state of its socket. */
export type Notify = <N extends NotificationName>(
  name: N,
  data: Notifications<ServerMedia>[N],
) => void;

/** Application data that we hang on mediasoup's objects. */
export interface TransportAppData extends types.AppData {
  peerId: string;
  direction: Direction;
}
export interface MediaAppData extends types.AppData {
  peerId: string;
  source: Source;
}

export type PeerTransport = types.WebRtcTransport<TransportAppData>;
export type PeerProducer = types.Producer<MediaAppData>;
export type PeerConsumer = types.Consumer<MediaAppData>;
