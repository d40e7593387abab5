// Heap of one arm in a process of its own: `heapArm.mjs ARM COUNTS`, result over IPC.
import { EventEmitter } from 'node:events';
import * as mediasoup from 'mediasoup';
import { Packr } from 'msgpackr';
import { inFlight } from '../lib/blocks.mjs';
import { connect } from '../lib/connect.mjs';
import { loopback } from '../lib/payloads.mjs';
import { ask, startDaemon } from '../lib/processes.mjs';
import { settledHeap } from '../lib/usage.mjs';
import { createWorld, operations, plainAnswer } from '../lib/world.mjs';

const [arm, countsText] = process.argv.slice(2);
const { consumers, churn } = JSON.parse(countsText);
const consumersPerTransport = 10;
const concurrency = 64;

process.once('disconnect', () => process.exit());

const daemon = arm === 'remote' ? await startDaemon() : undefined;
const client = daemon && (await connect(daemon.url));
const world = await createWorld(client?.mediasoup ?? mediasoup);

async function heaps() {
  // What has been closed here is closed there when this answers.
  await world.worker.getResourceUsage();
  return { client: await settledHeap(), server: daemon ? await ask(daemon, 'heap') : 0 };
}

function perObject(before, after, count) {
  return {
    client: (after.client - before.client) / count,
    server: (after.server - before.server) / count,
  };
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
  await inFlight(concurrency, consumers, async () => {
    kept.push(await consume(transports[kept.length % transports.length]));
  });
  const created = perObject(before, await heaps(), consumers);
  // Reading must not make it grow for good.
  for (const consumer of kept) void consumer.rtpParameters;
  const read = perObject(before, await heaps(), consumers);
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
  return ((await settledHeap()) - before) / kept.length;
}

await createAndClose(2000);
const floor = arm === 'local' ? await holdFloor() : undefined;
const held = await holdConsumers();
await createAndClose(2000);
const before = await heaps();
await createAndClose(churn);
const after = await heaps();

process.send({
  arm,
  floor,
  held,
  churn: { client: after.client / before.client, server: after.server / before.server },
});
