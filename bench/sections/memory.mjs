// What consumers hold in the heap, what reading them costs, and what their end leaves behind.
import * as mediasoup from 'mediasoup';
import { inFlight } from '../lib/blocks.mjs';
import { connect, disconnect } from '../lib/connect.mjs';
import { loopback, mediaCodecs, plainAudio } from '../lib/payloads.mjs';
import { startDaemon, startHelper, stop } from '../lib/processes.mjs';
import { median, ratios, summary } from '../lib/statistics.mjs';
import { number, spread, table } from '../lib/text.mjs';
import { createWorld } from '../lib/world.mjs';

export const title = 'Memory and getters';

export const sizes = {
  full: {
    rounds: 3,
    consumers: 2000,
    warmUp: 2000,
    churn: 100_000,
    reads: 20,
    readers: 300,
    closing: 1000,
    closings: 12,
  },
  quick: {
    rounds: 1,
    consumers: 1000,
    warmUp: 2000,
    churn: 5000,
    reads: 5,
    readers: 200,
    closing: 1000,
    closings: 3,
  },
  smallest: {
    rounds: 1,
    consumers: 20,
    warmUp: 20,
    churn: 50,
    reads: 1,
    readers: 10,
    closing: 20,
    closings: 1,
  },
};

export async function run({ size }) {
  const counts = sizes[size];
  const heaps = { local: [], remote: [] };
  for (let round = 0; round < counts.rounds; round += 1) {
    for (const arm of ['local', 'remote']) heaps[arm].push(await heapOf(arm, counts));
  }
  return { counts, ...evaluateHeaps(heaps), ...(await compareWorlds(counts)) };
}

async function heapOf(arm, counts) {
  const helper = await startHelper('heapArm.mjs', [arm, JSON.stringify(counts)]);
  await stop(helper);
  return helper.ready;
}

function evaluateHeaps({ local, remote }) {
  const of = (arms, pick) => median(arms.map(pick));
  const both = (arms, pick) => ({
    heap: of(arms, (arm) => pick(arm).heap),
    buffers: of(arms, (arm) => pick(arm).buffers),
  });
  return {
    held: {
      floor: both(local, ({ floor }) => floor),
      local: both(local, ({ held }) => held.created.client),
      client: both(remote, ({ held }) => held.created.client),
      clientAfterRead: both(remote, ({ held }) => held.read.client),
      server: both(remote, ({ held }) => held.created.server),
    },
    churn: {
      local: of(local, ({ churn }) => churn.client),
      client: of(remote, ({ churn }) => churn.client),
      server: of(remote, ({ churn }) => churn.server),
    },
  };
}

async function compareWorlds(counts) {
  const daemon = await startDaemon();
  const client = await connect(daemon.url);
  const worlds = {
    local: await createWorld(mediasoup),
    remote: await createWorld(client.mediasoup),
  };
  const reading = await measureReading(worlds, counts);
  const closing = await measureClosing(worlds, counts);
  worlds.local.worker.close();
  await disconnect(client);
  await stop(daemon);
  return { reading, closing };
}

async function measureReading(worlds, { readers, reads }) {
  const arms = {};
  for (const [arm, { webRtcSink, producer, rtpCapabilities }] of Object.entries(worlds)) {
    const consumers = [];
    await inFlight(16, readers, async () => {
      consumers.push(await webRtcSink.consume({ producerId: producer.id, rtpCapabilities }));
    });
    arms[arm] = { consumers, first: [], later: [] };
  }
  for (let round = 0; round <= reads; round += 1) {
    for (const { consumers, first, later } of Object.values(arms)) {
      const started = performance.now();
      for (const consumer of consumers) void consumer.rtpParameters;
      const microseconds = ((performance.now() - started) * 1000) / consumers.length;
      (round === 0 ? first : later).push(microseconds);
    }
  }
  const { local, remote } = arms;
  for (const consumer of [...local.consumers, ...remote.consumers]) consumer.close();
  return {
    local: summary(local.later),
    remote: summary(remote.later),
    first: { local: local.first[0], remote: remote.first[0] },
    ratio: summary(ratios(remote.later, local.later)),
  };
}

/** How long router.close() keeps its caller, all events of all consumers included. */
async function measureClosing(worlds, { closing: count, closings }) {
  const milliseconds = { local: [], remote: [] };
  // The first of each finds cold code.
  for (let round = 0; round <= closings; round += 1) {
    for (const [arm, world] of Object.entries(worlds)) {
      const took = await closeRouter(world, count);
      if (round > 0) milliseconds[arm].push(took);
    }
  }
  return {
    local: summary(milliseconds.local),
    remote: summary(milliseconds.remote),
    ratio: summary(ratios(milliseconds.remote, milliseconds.local)),
  };
}

async function closeRouter(world, count) {
  const router = await world.worker.createRouter({ mediaCodecs });
  const transport = await router.createPlainTransport({ listenInfo: loopback });
  const producer = await transport.produce(plainAudio(1));
  const { rtpCapabilities } = router;
  let ended = 0;
  await inFlight(64, count, async () => {
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
    consumer.on('transportclose', () => (ended += 1));
  });
  const started = performance.now();
  router.close();
  const took = performance.now() - started;
  if (ended !== count) throw new Error(`${ended} of ${count} consumers told of their end`);
  await world.worker.getResourceUsage();
  return took;
}

export function render({ counts, held, churn, reading, closing }) {
  const bytes = ({ heap, buffers }) => `${Math.round(heap)} + ${Math.round(buffers)}`;
  const beyond = { heap: held.server.heap - held.local.heap, buffers: held.server.buffers };
  const percent = (value) => (Number.isFinite(value) ? `${((value - 1) * 100).toFixed(1)} %` : '');
  const heaps = [
    ['created', bytes(held.local), bytes(held.client), bytes(held.server), bytes(held.floor)],
    ['after rtpParameters was read', '', bytes(held.clientAfterRead)],
    ['beyond mediasoup’s own', '', '', bytes(beyond)],
    [
      `heap after ${counts.churn} were created and closed`,
      percent(churn.local),
      percent(churn.client),
      percent(churn.server),
    ],
  ];
  const times = [
    ['reading rtpParameters, µs', reading],
    [`router.close() with ${counts.closing} consumers, ms`, closing],
  ].map(([what, { local, remote, ratio }]) => [what, spread(local), spread(remote), spread(ratio)]);
  return [
    `floor: an emitter with the packed bytes of the same consumer; ${counts.rounds} rounds`,
    table(
      [
        `for each of ${counts.consumers} consumers, bytes of heap + of buffers`,
        'local',
        'client',
        'server',
        'floor',
      ],
      heaps.map((row) => ['local', 'client', 'server', 'floor', ''].map((_, at) => row[at] ?? '')),
    ),
    table(['', 'local', 'remote', 'remote ÷ local'], times),
    `for the first time, rtpParameters took ${number(reading.first.local)} µs (local) and ` +
      `${number(reading.first.remote)} µs (remote)`,
  ].join('\n\n');
}
