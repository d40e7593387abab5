import { once } from 'node:events';
import { hostStats, identifyHost, type HostIdentity } from '@tureen/manager';
import { MediasoupVertical } from '@tureen/vertical';
import type { types } from 'mediasoup';
import { OwnStats } from '../../OwnStats.js';
import { localDescription } from '../../Topologist.js';
import type { HostFlags } from '../flags/hostFlags.js';
import type { MediasoupModule } from '../loadMediasoup.js';
import { describeVertical } from './describeVertical.js';
import type { Served } from './Served.js';
import { verticalOptions, type VerticalFlags } from './verticalOptions.js';

/** mediasoup of this host as it is, or all cores of it as one worker. */
export async function serveLocal(
  mediasoup: MediasoupModule,
  flags: VerticalFlags & HostFlags & { listenIp?: string },
): Promise<Served> {
  const { bandwidth } = flags;
  const stats = new OwnStats(mediasoup, {
    host: identityOf(flags),
    capacity: bandwidth === undefined ? undefined : bandwidth * 1e6,
  });
  const describeHost = localDescription(() => stats.get());
  const vertical = flags.vertical ? await startVertical(mediasoup, flags) : undefined;

  return {
    mediasoup: (vertical?.mediasoup as types.Index | undefined) ?? mediasoup,
    observer: mediasoup.observer,
    workersElsewhere: false,
    vertical,
    getStats: () => stats.get(),
    describe: async () => ({
      ...(await describeHost()),
      vertical: vertical !== undefined,
      ...(vertical && { behind: describeVertical(vertical) }),
    }),
    unready: async () => undefined,
    close: () => stats.close(),
  };
}

async function startVertical(
  mediasoup: MediasoupModule,
  flags: VerticalFlags,
): Promise<MediasoupVertical> {
  const manager = new MediasoupVertical(
    // Of the host alone: the load of its own workers it measures itself.
    { mediasoup, getStats: async () => hostStats() },
    verticalOptions(flags),
  );

  await once(manager, 'mediasoup');

  return manager;
}

const unspecified = new Set(['0.0.0.0', '::']);

function identityOf(flags: HostFlags & { listenIp?: string }): HostIdentity {
  const { hostId, tag, pipeAddress, pipeAnnouncedAddress, pipePorts, listenIp } = flags;
  const ip = pipeAddress ?? (listenIp && !unspecified.has(listenIp) ? listenIp : undefined);

  return identifyHost({
    ...(hostId !== undefined && { id: hostId }),
    ...(tag && { tags: tag }),
    pipeAddress: {
      ...(ip !== undefined && { ip }),
      ...(pipeAnnouncedAddress !== undefined && { announcedAddress: pipeAnnouncedAddress }),
      ...(pipePorts && { portRange: pipePorts }),
    },
  });
}
