import { Packr, Unpackr } from 'msgpackr';
import { checkEncoding, maxDepth, maxValues } from './checkEncoding.js';
import { MessageTooBigError, ProtocolError } from './errors.js';
import type { Message } from './frames.js';
import { plain, type PlainLimits } from './plain.js';

// No records: they would make decoding depend on what an untrusted peer sent before.
const packr = new Packr({
  useRecords: false,
  moreTypes: false,
  writeFunction: () => asArgument.instead,
});
// Buffers are copied out, so that a kept packet does not keep its whole frame.
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, copyBuffers: true });

/** Messages of one frame: an end has to answer them all before it hears anybody else. */
export const maxMessages = 4096;

/** A decoded frame. */
export interface Frame {
  /** 0 for a frame outside of the sequence: a greeting, an acknowledgement, or lossy messages. */
  sequence: number;
  /** Sequence of the last numbered frame that the sender had got. */
  acknowledged: number;
  messages: Message[];
}

/**
 * Encodes one message at once, so that what happens to its arguments later changes nothing.
 *
 * @throws RangeError for arguments with cycles.
 */
export function encodeMessage(message: Message): Buffer {
  return packr.pack(message);
}

/** Packs a value that travels inside a message and is unpacked only when somebody reads it. */
export function packValue(value: unknown): Buffer {
  return packr.pack(value);
}

export function unpackValue(packed: Buffer): unknown {
  return unpackr.unpack(packed);
}

/**
 * Far above what any mediasoup option needs, and within what a server takes. What cannot travel
 * becomes an empty object: left out, it would become the default of the option, and a call would
 * succeed that mediasoup refuses.
 */
const asArgument: PlainLimits = {
  depth: maxDepth - 4,
  items: 100_000,
  text: Infinity,
  instead: {},
};

/** The frame has a header besides. */
const valuesOfMessage = maxValues - 10;

/**
 * As {@link encodeMessage}, for messages that hold what an application gave: what cannot travel
 * (dates, functions, symbols, cycles) is replaced in it, rather than have the call fail or the other
 * end refuse the frame.
 *
 * @throws {@link MessageTooBigError} for more values than the other end takes, since for that it
 *   would give up the session.
 */
export function encodeForeign(message: Message): Buffer {
  try {
    const encoded = encodeMessage(message);

    checkEncoding(encoded, valuesOfMessage);

    return encoded;
  } catch {
    return encodePlain(message);
  }
}

function encodePlain(message: Message): Buffer {
  const encoded = encodeMessage(plain(message, asArgument) as Message);

  try {
    checkEncoding(encoded, valuesOfMessage);
  } catch (cause) {
    throw new MessageTooBigError(`message of more than ${valuesOfMessage} values`, { cause });
  }

  return encoded;
}

export function encodeFrame(
  sequence: number,
  acknowledged: number,
  messages: readonly Buffer[],
): Buffer {
  return Buffer.concat([packr.pack([sequence, acknowledged]), ...messages]);
}

/**
 * @param untrusted - Look at the bytes before decoding them.
 * @throws {@link ProtocolError} for anything that is not a frame.
 */
export function decodeFrame(data: Buffer, untrusted: boolean): Frame {
  if (untrusted) {
    checkEncoding(data);
  }

  const [header, ...messages] = decodeValues(data);

  if (!Array.isArray(header) || !isSequence(header[0]) || !isSequence(header[1])) {
    throw new ProtocolError('frame without a header');
  }
  if (untrusted && messages.length > maxMessages) {
    throw new ProtocolError(`frame of more than ${maxMessages} messages`);
  }
  if (!messages.every(isMessage)) {
    throw new ProtocolError('frame with something that is not a message');
  }

  return { sequence: header[0], acknowledged: header[1], messages };
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function decodeValues(data: Buffer): unknown[] {
  try {
    return unpackr.unpackMultiple(data) ?? [];
  } catch (error) {
    throw new ProtocolError(`undecodable frame: ${(error as Error).message}`);
  }
}

/** Only the outline; whoever handles a message checks its parts. */
function isMessage(value: unknown): value is Message {
  return Array.isArray(value) && Number.isSafeInteger(value[0]);
}
