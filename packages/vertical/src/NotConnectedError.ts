/** A worker was asked for while the manager below has no mediasoup to make one with. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}
