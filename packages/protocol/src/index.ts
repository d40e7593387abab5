export { api, apiFingerprint, apiVersion, childKind, isKind, rows } from './api/index.js';
// Shape and the interfaces that it checks stay inside: they need mediasoup's declarations.
export type {
  CallRow,
  EventRow,
  FieldRow,
  Kind,
  LocalRow,
  Owns,
  Row,
  RtpObserverKind,
  TransportKind,
} from './api/Shape.js';
export { checkEncoding, maxDepth } from './checkEncoding.js';
export { clone, same } from './clone.js';
export {
  decodeFrame,
  encodeForeign,
  encodeFrame,
  encodeMessage,
  packValue,
  unpackValue,
  type Frame,
} from './codec.js';
export * from './errors.js';
export * from './frames.js';
export type { Dial, Link } from './Link.js';
export { Fence, MemoryLink } from './MemoryLink.js';
export { Outbox, type Retention, type Urgency } from './Outbox.js';
export { Peer, type PeerOptions } from './Peer.js';
export { plain } from './plain.js';
export { SocketLink, type Liveness, type Socket, type SocketLinkOptions } from './SocketLink.js';
export type * from './topology.js';
export { PendingCalls, type PendingCall } from './PendingCalls.js';
