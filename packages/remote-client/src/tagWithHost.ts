import { type HostIdentity, hostOf, placeOnHost } from '@tureen/manager';
import type { Core } from './Core.js';

/**
 * A server of several hosts says which of them a worker is on, so that pipes between its routers and
 * others know where to meet.
 */
export function tagWithHost(core: Core): void {
  const host = hostOfNew(core);

  if (host) {
    placeOnHost(core.mirror, host);
  }
}

function hostOfNew({ kind, state, owner }: Core): HostIdentity | undefined {
  switch (kind) {
    case 'worker': {
      const { $host } = state as { $host?: HostIdentity };

      // No field of mediasoup's.
      delete state['$host'];

      return $host;
    }
    case 'router':
      return owner && hostOf(owner.mirror);
    default:
      return undefined;
  }
}
