/** Says why a pipe could not be built: one of its ends went away, or was too slow. */
export class PipeError extends Error {
  override name = 'PipeError';
}
