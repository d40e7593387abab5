import { errorToWire, mapReferences, type EventRow } from '@tureen/protocol';
import type { Registry } from './Registry.js';

/** Arguments of an event as they travel. */
export function encodeArguments(
  how: EventRow,
  args: unknown[],
  registry: Registry,
  sendFullErrors: boolean,
): unknown[] {
  if (how === 'reference') {
    return mapReferences(args, (object) => {
      const tracked = registry.findObject(object);

      return tracked && { $handle: tracked.handle };
    }) as unknown[];
  }

  return args.map((arg) => (arg instanceof Error ? errorToWire(arg, sendFullErrors) : arg));
}
