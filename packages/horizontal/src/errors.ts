/** No host can take what was asked for. Says of each why not. */
export class NoHostError extends Error {
  override readonly name = 'NoHostError';
}

/** A host's mediasoup differs from that of the others, so it is not used. */
export class IncompatibleHostError extends Error {
  override readonly name = 'IncompatibleHostError';
}
