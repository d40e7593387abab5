import { ortc } from '@tureen/remote-client/library';
import type * as mediasoup from 'mediasoup/ortc';

// Each by its name: that is how an ESM application finds what a CommonJS module exports.
export const {
  canConsume,
  generateRouterRtpCapabilities,
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getPipeConsumerRtpParameters,
  getProducerRtpParametersMapping,
  serializeRtpMapping,
  validateAndNormalizeRtpCapabilities,
  validateAndNormalizeRtpParameters,
  validateAndNormalizeSctpStreamParameters,
}: typeof mediasoup = ortc;
