import { NoHostError } from '@tureen/horizontal';
import { MediasoupEmitter, moduleLike, type MediasoupModule } from '@tureen/manager';
import { NoUpstreamError } from '@tureen/protocol';
import { MediasoupVertical } from '@tureen/vertical';
import type { types } from 'mediasoup';
import { Cached } from '../../Cached.js';
import type { Below } from './Below.js';
import { describeUpstream } from './describeUpstream.js';
import { describeVertical } from './describeVertical.js';
import type { Served } from './Served.js';
import { verticalOptions, type VerticalFlags } from './verticalOptions.js';

/** Milliseconds. The servers behind are asked no more often, however many ask here. */
const statsLifetime = 1000;

/** The mediasoup of other servers, as it is or as one worker. Resolves when one of them is there. */
export async function serveUpstreams(below: Below, flags: VerticalFlags): Promise<Served> {
  const { manager, serves } = below;

  await available(manager);

  const vertical = flags.vertical ? await startVertical(below, flags) : undefined;
  const stats = new Cached(async () => {
    assertAvailable(below);

    return manager.getStats();
  }, statsLifetime);

  return {
    mediasoup: passedOn(below, vertical),
    workersElsewhere: true,
    vertical,
    getStats: () => stats.get(),
    describe: async ({ timeout }) => ({
      serves,
      vertical: vertical !== undefined,
      ...(vertical && { behind: describeVertical(vertical) }),
      upstreams: await Promise.all(
        below.upstreams.map((upstream) => describeUpstream(upstream, timeout)),
      ),
    }),
    unready: () => below.unready(),
    close: () => {
      vertical?.close();
      below.close();
    },
  };
}

/** It may take as long as it likes: whoever runs the daemon sees in its log what it waits for. */
function available(manager: Below['manager']): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (manager.mediasoup) {
        resolve();
      }
    };

    manager.on('mediasoup', check);
    check();
  });
}

async function startVertical({ manager }: Below, flags: VerticalFlags): Promise<MediasoupVertical> {
  const vertical = new MediasoupVertical(manager, verticalOptions(flags));

  await available(vertical);

  return vertical;
}

/**
 * One object for the life of the daemon, whatever comes and goes below: sessions keep it, and what
 * cannot be had is said by name.
 */
function passedOn(below: Below, vertical: MediasoupVertical | undefined): types.Index {
  const top = vertical ?? below.manager;
  const createWorker = async <A extends types.AppData>(settings?: types.WorkerSettings<A>) => {
    assertAvailable(below);
    try {
      return await (top.mediasoup as MediasoupModule).createWorker(settings);
    } catch (error) {
      throw error instanceof NoHostError ? new NoUpstreamError(error.message) : error;
    }
  };

  return moduleLike(below.manager.mediasoup as MediasoupModule, {
    observer: new MediasoupEmitter<types.ObserverEvents>(),
    createWorker,
  });
}

function assertAvailable({ manager }: Below): void {
  if (!manager.mediasoup) {
    throw new NoUpstreamError(
      'this server has no media of its own, and cannot reach any of the servers behind it at the moment',
    );
  }
}
