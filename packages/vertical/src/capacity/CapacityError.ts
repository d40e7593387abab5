/** A demand that no number of cores can meet. */
export class CapacityError extends RangeError {
  override readonly name = 'CapacityError';
}
