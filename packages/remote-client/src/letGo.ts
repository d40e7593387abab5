import type { Core } from './Core.js';

/**
 * For an object whose owner closed while it was being created: as mediasoup's, nothing closes it any
 * more, and the server need not keep it.
 */
export async function letGo(core: Core): Promise<void> {
  const { session } = core;

  core.isLetGo = true;

  if ('dump' in core.row.calls) {
    // Its worker answers after all that it had to say, such as that a consumer's producer closed.
    // What it says is heard a turn of the event loop later than an answer, thus before the second.
    await session.call(core, 'dump', []).catch(() => undefined);
    await session.call(core, 'dump', []).catch(() => undefined);
  }
  // It stays as it is, whatever the answers to calls under way say: only the real one closes.
  core.closedLocally = true;
  session.notify(core, 'close', []);
}
