// Bytes and frames of each call, counted by a proxy: exact, whatever else the machine does.
import { Packr } from 'msgpackr';
import { connect, disconnect } from '../lib/connect.mjs';
import { loopback, mediaCodecs, plainAudio } from '../lib/payloads.mjs';
import { startDaemon, stop } from '../lib/processes.mjs';
import { Proxy } from '../lib/Proxy.mjs';
import { table } from '../lib/text.mjs';
import { createWorld, operations, plainAnswer } from '../lib/world.mjs';

export const title = 'Wire: bytes and frames';

export const sizes = {
  full: { calls: 20, consumers: 500, idle: 10_000 },
  quick: { calls: 10, consumers: 500, idle: 10_000 },
  smallest: { calls: 2, consumers: 20, idle: 500 },
};
const atOnce = 64;

export async function run({ size }) {
  const counts = sizes[size];
  const daemon = await startDaemon();
  const proxy = await Proxy.start(daemon.url);
  const client = await connect(proxy.url);
  const world = await createWorld(client.mediasoup);
  const rows = [];
  const add = async (name, calls, action) => rows.push(await counted(proxy, name, calls, action));

  for (const operation of operations) {
    // The first one may say what later ones need not repeat.
    await add(`${operation.name}, first`, 1, () => callAndClose(world, operation, proxy, 1));
    await add(operation.name, counts.calls, () =>
      callAndClose(world, operation, proxy, counts.calls),
    );
  }
  await add(`${atOnce} × transport.dump at once`, 1, () => manyAtOnce(() => world.plain.dump()));
  await addClosing(world, counts, add);
  await add(`idle for ${counts.idle / 1000} s`, 1, () => sleep(counts.idle));

  const compressed = /sec-websocket-extensions/i.test(proxy.down.headers);
  const floors = await floorsOf(world);
  await disconnect(client);
  proxy.close();
  await stop(daemon);
  return { counts: { ...counts, atOnce }, rows, floors, compressed };
}

/** What passes during an action until all is quiet; closing and such is the action's to subtract. */
async function counted(proxy, name, calls, action) {
  await proxy.quiet();
  const before = proxy.count();
  const after = (await action()) ?? (await proxy.quiet(), proxy.count());
  const difference = Object.keys(before).map((key) => [key, (after[key] - before[key]) / calls]);
  return { name, ...Object.fromEntries(difference) };
}

/** Gives the count from before what was created is closed. */
async function callAndClose(world, { run: call, creates }, proxy, calls) {
  const results = [];
  for (let index = 0; index < calls; index += 1) results.push(await call(world));
  await proxy.quiet();
  const count = proxy.count();
  if (creates) for (const object of results) object.close();
  return count;
}

function manyAtOnce(call, times = atOnce) {
  return Promise.all(Array.from({ length: times }, call)).then(() => undefined);
}

async function addClosing(world, { consumers }, add) {
  const router = await world.worker.createRouter({ mediaCodecs });
  const transport = await router.createPlainTransport({ listenInfo: loopback });
  const producer = await transport.produce(plainAudio(1));
  const { rtpCapabilities } = router;
  const consume = () => transport.consume({ producerId: producer.id, rtpCapabilities });
  await add(`${atOnce} × consume at once`, 1, () => manyAtOnce(consume));
  await manyAtOnce(consume, Math.max(0, consumers - atOnce));
  await add('consumer.close()', 1, async () => void (await consume()).close());
  await add(`router.close() with ${consumers} consumers`, 1, async () => router.close());
}

/** What the very payload of a call needs, packed, without anything around it. */
async function floorsOf(world) {
  const packr = new Packr({ useRecords: false });
  const floors = {};
  for (const operation of operations) {
    const answer = await operation.run(world);
    floors[operation.name] = {
      up: packr.pack(operation.request(world)).length,
      down: packr.pack(plainAnswer(operation, answer)).length,
    };
    if (operation.creates) answer.close();
  }
  return floors;
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function render({ counts, rows, floors, compressed }) {
  return [
    `per call, headers of frames included; ${counts.calls} calls one by one; payload: request and ` +
      `answer packed alone; compression ${compressed ? 'on' : 'off'}`,
    table(
      [
        'call',
        'bytes up',
        'bytes down',
        'frames up',
        'frames down',
        'payload up',
        'payload down',
        'pings and pongs',
      ],
      rows.map((row) => [
        row.name,
        row.up,
        row.down,
        row.framesUp,
        row.framesDown,
        floors[row.name]?.up,
        floors[row.name]?.down,
        `${row.controlUp}/${row.controlDown}`,
      ]),
    ),
  ].join('\n\n');
}
