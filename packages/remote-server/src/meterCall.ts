import type { Meter } from './Meter.js';
import type { Tracked } from './Tracked.js';

/** @returns Call it when the call that begins now has been answered. */
export function meterCall(
  meter: Meter,
  target: Tracked | undefined,
  method: string,
): (failed: boolean) => void {
  const began = performance.now();
  const kind = target?.kind ?? 'mediasoup';

  return (failed) => {
    // Names that a client made up are not to fill the memory of whoever counts.
    const known = target !== undefined && Object.hasOwn(target.row.calls, method);

    meter.called(kind, known ? method : 'unknown', failed, (performance.now() - began) / 1000);
  };
}
