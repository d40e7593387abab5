// Heap of one arm in a process of its own: `heapArm.mjs ARM COUNTS`, result over IPC.
import { EventEmitter } from 'node:events';
import * as mediasoup from 'mediasoup';
import { Packr } from 'msgpackr';
import { inFlight } from '../lib/blocks.mjs';
import { connect, disconnect } from '../lib/connect.mjs';
import { loopback } from '../lib/payloads.mjs';
import { ask, startDaemon, stop } from '../lib/processes.mjs';
import { settledHeap } from '../lib/usage.mjs';
import { createWorld, operations, plainAnswer } from '../lib/world.mjs';

const [arm, countsText] = process.argv.slice(2);
const { consumers, warmUp, churn } = JSON.parse(countsText);
const consumersPerTransport = 10;
const concurrency = 64;
const none = { heap: 0, buffers: 0 };

process.once('disconnect', () => process.exit());

const daemon = arm === 'remote' ? await startDaemon() : undefined;
const client = daemon && (await connect(daemon.url));
const world = await createWorld(client?.mediasoup ?? mediasoup);

async function heaps() {
  // What has been closed here is closed there when this answers.
  await world.worker.getResourceUsage();
  return { client: await settledHeap(), server: daemon ? await ask(daemon, 'heap') : none };
}

/** Bytes that each of so many has added. */
function growth(before, after, count) {
  const each = (part) => (after[part] - before[part]) / count;
  return { heap: each('heap'), buffers: each('buffers') };
}

function growths(before, after, count) {
  const each = (end) => growth(before[end], after[end], count);
  return { client: each('client'), server: each('server') };
}

function consume(transport) {
  const { producer, rtpCapabilities } = world;
  return transport.consume({ producerId: producer.id, rtpCapabilities });
}

async function holdConsumers() {
  const transports = [];
  const kept = [];
  for (let count = 0; count < consumers; count += consumersPerTransport) {
    transports.push(await world.router.createWebRtcTransport({ listenInfos: [loopback] }));
  }
  const before = await heaps();
  let next = 0;
  await inFlight(concurrency, consumers, async () => {
    next += 1;
    kept.push(await consume(transports[next % transports.length]));
  });
  const created = growths(before, await heaps(), consumers);
  // What is decoded for the reader should not stay for good.
  for (const consumer of kept) void consumer.rtpParameters;
  const read = growths(before, await heaps(), consumers);
  for (const transport of transports) transport.close();
  return { created, read };
}

async function createAndClose(count) {
  await inFlight(concurrency, count, async () => (await consume(world.webRtcSink)).close());
}

/** The least that an object with events can hold: an emitter and its data, packed. */
async function holdFloor() {
  const { creates } = operations.at(-1);
  const packed = new Packr({ useRecords: false }).pack(plainAnswer({ creates }, world.consumer));
  const kept = [];
  const before = await settledHeap();
  for (let count = 0; count < consumers; count += 1) {
    kept.push(Object.assign(new EventEmitter(), { packed: Buffer.from(packed) }));
  }
  return growth(before, await settledHeap(), kept.length);
}

await createAndClose(warmUp);
const floor = arm === 'local' ? await holdFloor() : undefined;
const held = await holdConsumers();
// The daemon remembers the latest that closed, up to a number.
await createAndClose(warmUp);
const before = await heaps();
await createAndClose(churn);
const after = await heaps();

if (daemon) {
  await disconnect(client);
  await stop(daemon);
}
process.send({
  arm,
  floor,
  held,
  churn: {
    client: after.client.heap / before.client.heap,
    server: after.server.heap / before.server.heap,
  },
});
