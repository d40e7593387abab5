import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import {
  isRtcp,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
  RtcpSenderInfo,
  RtcpSrPacket,
  RtpHeader,
  RtpPacket,
  type RtcpPacket,
} from 'werift';
import {
  AUDIO_LEVEL_ID,
  AUDIO_PAYLOAD_TYPE,
  VIDEO_ORIENTATION_ID,
  VIDEO_PAYLOAD_TYPE,
} from './media.js';

/** Bytes, or as many as the kernel allows: what comes while this process has no turn must fit. */
export const RECEIVE_BUFFER = 2 ** 22;

/** A UDP socket on loopback that sends to one place and keeps what it receives. */
export class UdpPeer {
  readonly rtp: RtpPacket[] = [];
  readonly rtcp: RtcpPacket[] = [];
  #onRtcp: ((packet: RtcpPacket) => void)[] = [];
  #socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER });

  private constructor() {
    this.#socket.on('message', (data) => this.#receive(data));
  }

  /** Opens one that is closed when the test is over. */
  static async open(): Promise<UdpPeer> {
    const peer = new UdpPeer();

    peer.#socket.bind(0, '127.0.0.1');
    await once(peer.#socket, 'listening');
    onTestFinished(() => peer.close());

    return peer;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(packet: Buffer, { localAddress, localPort }: types.TransportTuple): void {
    this.#socket.send(packet, localPort, localAddress);
  }

  /** Calls back for each RTCP packet that arrives from now on. */
  onRtcp(listener: (packet: RtcpPacket) => void): void {
    this.#onRtcp.push(listener);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(data: Buffer): void {
    if (!isRtcp(data)) {
      this.rtp.push(RtpPacket.deSerialize(data));
      return;
    }
    for (const packet of RtcpPacketConverter.deSerialize(data)) {
      this.rtcp.push(packet);
      for (const listener of this.#onRtcp) listener(packet);
    }
  }
}

/** The SSRC of the stream that a PLI asks a key frame of; undefined for any other packet. */
export function keyFrameRequested(packet: RtcpPacket): number | undefined {
  return packet instanceof RtcpPayloadSpecificFeedback &&
    packet.feedback instanceof PictureLossIndication
    ? packet.feedback.mediaSsrc
    : undefined;
}

export function pictureLossIndication(mediaSsrc: number): Buffer {
  const feedback = new PictureLossIndication({ senderSsrc: 1, mediaSsrc });

  return new RtcpPayloadSpecificFeedback({ feedback }).serialize();
}

/** What a receiver can take: `mantissa` × 2^`exponent` bits per second. */
export function estimatedMaxBitrate(ssrc: number, mantissa: number, exponent: number): Buffer {
  const feedback = new ReceiverEstimatedMaxBitrate({
    senderSsrc: 1,
    ssrcNum: 1,
    brExp: exponent,
    brMantissa: mantissa,
    ssrcFeedbacks: [ssrc],
  });

  return new RtcpPayloadSpecificFeedback({ feedback }).serialize();
}

/** All streams of a process share this clock, as those of one sender must. */
const EPOCH = Date.now();
const NTP_EPOCH_OFFSET = 2_208_988_800_000;

export type Send = (packet: Buffer) => void;

/** A stream of RTP packets, sent one by one or at its natural pace. */
export abstract class RtpStream {
  #sequenceNumber = 1000;
  #timestamp = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly sent: RtpPacket[] = [];

  constructor(
    readonly ssrc: number,
    private readonly clockRate: number,
    private readonly payloadType: number,
    private readonly intervalMs: number,
    private readonly send: Send,
  ) {}

  /** Payload and header extensions of the packet that comes next. */
  protected abstract nextFrame(index: number): {
    payload: Buffer;
    marker: boolean;
    extensions: { id: number; payload: Buffer }[];
  };

  sendNext(): RtpPacket {
    const { payload, marker, extensions } = this.nextFrame(this.sent.length);
    const { payloadType, ssrc } = this;

    this.#timestamp = Math.max(this.#timestamp + 1, this.#now());

    const header = new RtpHeader({
      payloadType,
      ssrc,
      marker,
      extensions,
      sequenceNumber: this.#sequenceNumber++ & 0xffff,
      timestamp: this.#timestamp,
    });
    const packet = new RtpPacket(header, payload);

    this.sent.push(packet);
    this.#bytes += payload.length;
    this.send(packet.serialize());

    return packet;
  }

  /** Loses packets on their way. */
  skip(count: number): void {
    this.#sequenceNumber += count;
  }

  /** Tells which instant the timestamps of the stream belong to. */
  sendSenderReport(): void {
    const ntp = BigInt(Date.now() + NTP_EPOCH_OFFSET);
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp: ((ntp / 1000n) << 32n) | (((ntp % 1000n) << 32n) / 1000n),
      rtpTimestamp: this.#now(),
      packetCount: this.sent.length,
      octetCount: this.#bytes,
    });

    this.send(new RtcpSrPacket({ ssrc: this.ssrc, senderInfo }).serialize());
  }

  /** Sends at the stream's pace, sender reports included, until `stop()` or the end of the test. */
  start(): this {
    let ticks = 0;

    this.#timer = setInterval(() => {
      this.sendNext();
      if (ticks++ % 5 === 0) this.sendSenderReport();
    }, this.intervalMs);
    onTestFinished(() => this.stop());

    return this;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #now(): number {
    return Math.floor(((Date.now() - EPOCH) * this.clockRate) / 1000);
  }
}

/** Opus, as far as a router looks at it: small packets, each with its level. */
export class AudioStream extends RtpStream {
  /** From 0, the loudest, to -127 dBov. */
  level: number;

  /** Every 20 ms, as opus does by default, unless `intervalMs` says otherwise. */
  constructor(ssrc: number, send: Send, { level = -20, intervalMs = 20 } = {}) {
    super(ssrc, 48000, AUDIO_PAYLOAD_TYPE, intervalMs, send);
    this.level = level;
  }

  protected nextFrame(index: number): ReturnType<RtpStream['nextFrame']> {
    const payload = Buffer.alloc(20 + (index % 40), index);
    const voice = 0x80;

    payload.writeUInt32BE(index);

    return {
      payload,
      marker: false,
      extensions: [{ id: AUDIO_LEVEL_ID, payload: Buffer.from([voice | -this.level]) }],
    };
  }
}

/** VP8, as far as a router looks at it: one packet per frame, three temporal layers. */
export class VideoStream extends RtpStream {
  /** Clockwise, in degrees; sent with each key frame. */
  rotation: 0 | 90 | 180 | 270 = 0;
  #keyFrameWanted = true;
  #pictureId = 0;
  #baseLayerIndex = 0;

  constructor(ssrc: number, send: Send) {
    super(ssrc, 90000, VIDEO_PAYLOAD_TYPE, 33, send);
  }

  /** Makes the next frame a key frame. */
  wantKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  /** Answers the requests for key frames that a receiver of this stream sends. */
  obey(peer: UdpPeer): this {
    peer.onRtcp((packet) => {
      if (keyFrameRequested(packet) === this.ssrc) this.wantKeyFrame();
    });

    return this;
  }

  protected nextFrame(index: number): ReturnType<RtpStream['nextFrame']> {
    const isKeyFrame = this.#keyFrameWanted;
    const temporalLayer = isKeyFrame ? 0 : [0, 2, 1, 2][index % 4]!;

    this.#keyFrameWanted = false;
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    if (temporalLayer === 0) this.#baseLayerIndex = (this.#baseLayerIndex + 1) & 0xff;

    return {
      payload: Buffer.concat([this.#descriptor(temporalLayer), vp8Frame(isKeyFrame, index)]),
      marker: true,
      extensions: isKeyFrame
        ? [{ id: VIDEO_ORIENTATION_ID, payload: Buffer.from([this.rotation / 90]) }]
        : [],
    };
  }

  /** RFC 7741: first partition starts; picture id, base layer index and temporal layer follow. */
  #descriptor(temporalLayer: number): Buffer {
    // Each enhancement frame refers to the base layer only, so that a receiver can step up at any.
    const layer = temporalLayer === 0 ? 0 : (temporalLayer << 6) | 0x20;
    const descriptor = Buffer.from([0x90, 0xe0, 0, 0, this.#baseLayerIndex, layer]);

    descriptor.writeUInt16BE(0x8000 | this.#pictureId, 2);

    return descriptor;
  }
}

function vp8Frame(isKeyFrame: boolean, index: number): Buffer {
  const frame = Buffer.alloc(200, index);

  if (isKeyFrame) {
    // Frame tag with the bit of an inter frame cleared, start code, 320 x 240.
    Buffer.from([0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00]).copy(frame);
  } else {
    frame[0] = 0x11;
  }

  return frame;
}
