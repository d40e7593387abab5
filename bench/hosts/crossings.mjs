// How often what an application does crosses to the hosts and back.
import { once } from 'node:events';
import { MediasoupVertical } from '@tureen/vertical';
import { loopback, mediaCodecs, plainAudio } from '../lib/payloads.mjs';
import { openHosts } from './hosts.mjs';

/** @returns Milliseconds of each run of each operation, and of single calls beside them. */
export async function measureCrossings({ rtt, rounds, producers: atOnce }) {
  const hosts = await openHosts({ delay: rtt / 2 });
  const manager = new MediasoupVertical(hosts.horizontal, {
    maxWorkers: 2,
    placement: ({ appData }) => appData.at ?? 0,
    watermarkNode: 100,
  });
  await once(manager, 'mediasoup');
  const rows = new Map();
  const add = (name, theory, milliseconds) => {
    if (!rows.has(name)) rows.set(name, { name, theory, milliseconds: [] });
    rows.get(name).milliseconds.push(milliseconds);
  };
  const units = [];

  // What is found cold the first time does not count.
  await watchOnce(manager.mediasoup, atOnce, () => undefined);
  for (let round = 0; round < rounds; round += 1) {
    units.push(await watchOnce(manager.mediasoup, atOnce, add));
    add('createWorker', 1, await workerOnce(hosts.horizontal.mediasoup));
  }
  manager.close();
  await hosts.close();
  return { rows: [...rows.values()], units };
}

async function workerOnce(mediasoup) {
  const started = performance.now();
  const worker = await mediasoup.createWorker({ logLevel: 'none' });
  const took = performance.now() - started;
  worker.close();
  return took;
}

/** Somebody on one host watches what somebody on the other sends. */
async function watchOnce(mediasoup, atOnce, add) {
  const worker = await mediasoup.createWorker({ logLevel: 'none' });
  const router = await worker.createRouter({ mediaCodecs });
  const open = (at) => router.createPlainTransport({ listenInfo: loopback, appData: { at } });
  const [sender, viewer] = [await open(0), await open(1)];
  const { rtpCapabilities } = router;
  const produce = (ssrc) => sender.produce(plainAudio(ssrc));
  const watch = ({ id: producerId }) => viewer.consume({ producerId, rtpCapabilities });
  const [first, second] = [await produce(1), await produce(2)];
  const many = await Promise.all(Array.from({ length: atOnce }, (_, index) => produce(3 + index)));
  const timed = async (action) => {
    const started = performance.now();
    await action();
    return performance.now() - started;
  };

  add('consume across hosts, no pipe yet', 2, await timed(() => watch(first)));
  add('consume across hosts, pipe transports exist', 2, await timed(() => watch(second)));
  add('consume across hosts, stream is there', 1, await timed(() => watch(second)));
  add(`${atOnce} across hosts at once`, 2, await timed(() => Promise.all(many.map(watch))));
  const unit = await timed(() => viewer.dump());
  worker.close();
  return unit;
}
