import type * as types from 'mediasoup/types';
import { z } from 'zod';

/**
 * Shapes of what a browser says about its media. mediasoup checks the meaning; here we bound
 * sizes and drop unknown keys, so that nothing unforeseen from a page gets as far as a worker.
 */

const uint = (max: number) => z.number().int().min(0).max(max);
const payloadType = uint(127);
const ssrc = uint(0xffff_ffff);
const shortText = z.string().max(128);

const kind = z.enum(['audio', 'video']);
const mimeType = z.string().max(64);
const clockRate = uint(1_000_000);
const channels = uint(255).optional();
const codecSettings = z
  .record(z.string().max(64), z.union([z.string().max(512), z.number(), z.boolean(), z.null()]))
  .optional();
const rtcpFeedback = z
  .array(z.object({ type: shortText, parameter: shortText.optional() }))
  .max(16)
  .optional();
// Newer browsers know extensions that mediasoup does not; it ignores them by itself.
const extensionUri = z.custom<types.RtpHeaderExtensionUri>(
  (value) => typeof value === 'string' && value.length <= 128,
);

export const rtpCapabilities = z.object({
  codecs: z
    .array(
      z.object({
        kind,
        mimeType,
        preferredPayloadType: payloadType,
        clockRate,
        channels,
        parameters: codecSettings,
        rtcpFeedback,
      }),
    )
    .max(64),
  headerExtensions: z
    .array(
      z.object({
        kind,
        uri: extensionUri,
        preferredId: uint(255),
        preferredEncrypt: z.boolean().optional(),
        direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']).optional(),
      }),
    )
    .max(64)
    .optional(),
}) satisfies z.ZodType<types.RtpCapabilities>;

export const rtpParameters = z.object({
  mid: shortText.optional(),
  codecs: z
    .array(
      z.object({
        mimeType,
        payloadType,
        clockRate,
        channels,
        parameters: codecSettings,
        rtcpFeedback,
      }),
    )
    .min(1)
    .max(16),
  headerExtensions: z
    .array(
      z.object({
        uri: extensionUri,
        id: uint(255),
        encrypt: z.boolean().optional(),
        parameters: codecSettings,
      }),
    )
    .max(32)
    .optional(),
  encodings: z
    .array(
      z.object({
        ssrc: ssrc.optional(),
        rid: z.string().max(32).optional(),
        codecPayloadType: payloadType.optional(),
        rtx: z.object({ ssrc }).optional(),
        dtx: z.boolean().optional(),
        scalabilityMode: z.string().max(32).optional(),
        maxBitrate: uint(0x7fff_ffff).optional(),
      }),
    )
    .max(4)
    .optional(),
  rtcp: z.object({ cname: shortText.optional(), reducedSize: z.boolean().optional() }).optional(),
  msid: z.string().max(256).optional(),
}) satisfies z.ZodType<types.RtpParameters>;

export const dtlsParameters = z.object({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z
    .array(
      z.object({
        algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: z
          .string()
          .max(256)
          .regex(/^[0-9a-f]{2}(:[0-9a-f]{2})+$/i),
      }),
    )
    .min(1)
    .max(8),
}) satisfies z.ZodType<types.DtlsParameters>;
