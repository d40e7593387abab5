const noEstimation =
  'traces of a transport tell of bandwidth estimation, which there is none of between routers';
const noNetwork = 'traces of a transport tell of bandwidth estimation, which needs a network';
const refused = 'mediasoup refuses it with an UnsupportedError, which the members suite expects';

/** What the conformance suite cannot see working, with the reason. */
export const exceptions: Readonly<Record<string, string>> = {
  'pipeTransport.srtpParameters changes': 'they are made with the transport and stay',
  'pipeTransport "trace"': noEstimation,
  'pipeTransport.observer "trace"': noEstimation,
  'directTransport "trace"': noNetwork,
  'directTransport.observer "trace"': noNetwork,
  'directTransport.observer "rtcp"': 'mediasoup declares it and never emits it',
  'directTransport.setMaxIncomingBitrate()': refused,
  'directTransport.setMaxOutgoingBitrate()': refused,
  'directTransport.setMinOutgoingBitrate()': refused,
};
