import { hostOf, override, placeOnHost } from '@tureen/manager';
import type { types } from 'mediasoup';
import type { Host } from '../Host.js';
import { overlayRouter, type RouterContext } from './overlayRouter.js';

/** One more than the largest process id of Linux. */
const idsPerHost = 2 ** 22;

/**
 * Makes a worker of one host one of several: its routers can be piped to those of the others.
 *
 * @param pids - Those that the other workers show.
 */
export function overlayWorker(
  worker: types.Worker,
  host: Host,
  pids: Set<number>,
  context: RouterContext,
): void {
  const own = hostOf(worker);

  // A server of several hosts says itself on which of them it is. If on several, they are not those of
  // another server.
  placeOnHost(worker, own?.several ? { ...own, id: host.identity.id } : (own ?? host.identity));
  showOwnPid(worker, pids);
  // Before the application can listen: it gets routers that can be piped already.
  worker.observer.on('newrouter', (router) => overlayRouter(router, host, context));
}

/** Processes of two hosts may have one id; applications tell their workers apart by it. */
function showOwnPid(worker: types.Worker, pids: Set<number>): void {
  const { pid } = worker;
  let shown = pid;

  while (pids.has(shown)) {
    shown += idsPerHost;
  }
  pids.add(shown);
  worker.observer.once('close', () => pids.delete(shown));
  if (shown !== pid) {
    Object.defineProperty(worker, 'pid', { get: () => shown, configurable: true });
    override(worker, 'dump', async (dump) => ({
      ...((await dump()) as types.WorkerDump),
      pid: shown,
    }));
  }
}
