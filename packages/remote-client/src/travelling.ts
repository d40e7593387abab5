import { plain, type Row } from '@tureen/protocol';
import type { ClientSession } from './ClientSession.js';
import { coreOf, Mirror } from './Mirror.js';

/** Arguments of a call that creates an object, as they travel. */
export function travelling(
  session: ClientSession,
  row: Row,
  method: string,
  args: readonly unknown[],
): readonly unknown[] {
  const [options, ...rest] = args;

  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return args;
  }

  const copy = { ...options } as Record<string, unknown>;

  // Only for people to see; what is no object goes as it is, for mediasoup to refuse.
  if (typeof copy['appData'] === 'object') {
    copy['appData'] = plain(copy['appData']) ?? {};
  } else if (typeof copy['appData'] === 'function' || typeof copy['appData'] === 'symbol') {
    // It would arrive as an object.
    copy['appData'] = true;
  }
  for (const name of row.references?.[method] ?? []) {
    copy[name] = reference(session, copy[name]);
  }
  for (const name of row.shared?.[method] ?? []) {
    copy[name] = session.shared.name(copy[name]);
  }

  return [copy, ...rest];
}

/** An object of this session goes as its handle; of any other, mediasoup gets to see the id. */
function reference(session: ClientSession, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (value instanceof Mirror && coreOf(value).session === session) {
    return { $handle: coreOf(value).handle };
  }

  return { id: (value as { id?: unknown }).id };
}
