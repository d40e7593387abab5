/** Something was asked of a Manager, or of its stats, that was closed. */
export class ManagerClosedError extends Error {
  override readonly name = 'ManagerClosedError';
}
