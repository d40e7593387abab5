/** Bytes of one message: the limit of mediasoup's own channel. */
export const maxMessage = 4_194_308;

/** Bytes waiting for the server from which on RTP and RTCP are dropped. */
export const lossyBacklog = 8 * 1024 * 1024;
