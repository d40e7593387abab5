import type { types } from 'mediasoup-client';
import type { MediaTypes, Method, Requests } from '../../shared/protocol.js';

/** The protocol with mediasoup-client's types filled in. */
export interface PageMedia extends MediaTypes {
  rtpCapabilities: types.RtpCapabilities;
  routerRtpCapabilities: types.RtpCapabilities;
  rtpParameters: types.RtpParameters;
  dtlsParameters: types.DtlsParameters;
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
}

export type RequestData<M extends Method> = Requests<PageMedia>[M]['data'];
export type RequestAnswer<M extends Method> = Requests<PageMedia>[M]['answer'];
