const withRtx =
  'expects the codecs of a pipe without retransmissions: between hosts they are on, and shown';

/**
 * What cannot be true of several hosts that look like one mediasoup, of mediasoup's own suite and of
 * ours, by the names of the tests. tests/horizontal says what holds in their place.
 */
export const exceptions = {
  'router.pipeToRouter() succeeds with audio': withRtx,
  'router.pipeToRouter() succeeds with video': withRtx,
} as const satisfies Record<string, string>;
