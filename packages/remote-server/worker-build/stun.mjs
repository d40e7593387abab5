// The one STUN message that an ICE client must send to an ICE lite server such as mediasoup.
import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const FINGERPRINT_MASK = 0x5354554e;

const ATTRIBUTE = {
  USERNAME: 0x0006,
  MESSAGE_INTEGRITY: 0x0008,
  PRIORITY: 0x0024,
  USE_CANDIDATE: 0x0025,
  FINGERPRINT: 0x8028,
  ICE_CONTROLLING: 0x802a,
};

function attribute(type, value) {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

// MESSAGE-INTEGRITY and FINGERPRINT are computed over a message whose length field already
// counts them: `following` is the size of the attribute about to be added.
function withLength(header, attributes, following) {
  const message = Buffer.concat([header, ...attributes]);
  message.writeUInt16BE(message.length - header.length + following, 2);
  return message;
}

/**
 * A binding request that nominates the pair it travels on.
 * `iceParameters` are those of the mediasoup transport.
 */
export function bindingRequest({ usernameFragment, password }) {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(BINDING_REQUEST, 0);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  randomBytes(12).copy(header, 8);

  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(0x7e0000ff);
  const attributes = [
    attribute(ATTRIBUTE.USERNAME, Buffer.from(`${usernameFragment}:verify`)),
    attribute(ATTRIBUTE.PRIORITY, priority),
    attribute(ATTRIBUTE.ICE_CONTROLLING, randomBytes(8)),
    attribute(ATTRIBUTE.USE_CANDIDATE, Buffer.alloc(0)),
  ];

  const integrity = createHmac('sha1', password)
    .update(withLength(header, attributes, 24))
    .digest();
  attributes.push(attribute(ATTRIBUTE.MESSAGE_INTEGRITY, integrity));

  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(withLength(header, attributes, 8)) ^ FINGERPRINT_MASK) >>> 0);
  attributes.push(attribute(ATTRIBUTE.FINGERPRINT, fingerprint));

  return withLength(header, attributes, 0);
}

/** STUN shares its port with DTLS; the first byte tells them apart (RFC 7983). */
export function isStun(packet) {
  return packet.length >= 20 && packet[0] < 4;
}

export function isBindingSuccess(packet) {
  return isStun(packet) && packet.readUInt16BE(0) === BINDING_SUCCESS;
}
