// DirectTransport: packets and messages per second, and what each costs whom.
import * as mediasoup from 'mediasoup';
import { connect, disconnect } from '../lib/connect.mjs';
import { loopback, mediaCodecs, plainAudio, plainVideo } from '../lib/payloads.mjs';
import { ask, startDaemon, startHelper, stop } from '../lib/processes.mjs';
import { median, ratios, summary } from '../lib/statistics.mjs';
import { number, spread, table } from '../lib/text.mjs';
import { cpuNanoseconds } from '../lib/usage.mjs';

export const title = 'DirectTransport';

export const sizes = {
  full: { rounds: 5, rates: [2300, 10_000, 30_000], seconds: 2, messages: 10_000 },
  quick: { rounds: 1, rates: [2300, 10_000, 30_000], seconds: 0.7, messages: 3000 },
  smallest: { rounds: 1, rates: [2300], seconds: 0.1, messages: 200 },
};
const streamCount = 20;
const window = 256;
/** Bytes on their way at the most: what is sent in one tick travels in one frame, which is bounded. */
const windowBytes = 1 << 20;
/** How long to wait for a packet before it counts as lost, milliseconds. */
const patience = 300;

export async function run({ size, profile }) {
  const counts = sizes[size];
  const arms = [await localArm(), await remoteArm({ profile })];
  const received = await measureReceiving(arms, counts);
  const sent = await measureSending(arms, counts);
  for (const arm of arms) await arm.close();
  return { counts: { ...counts, streamCount, window }, received, sent };
}

async function localArm() {
  const worker = await mediasoup.createWorker({ logLevel: 'none' });
  return { name: 'local', worker, pids: { worker: worker.pid }, close: () => worker.close() };
}

async function remoteArm({ profile }) {
  const daemon = await startDaemon({ profile });
  const client = await connect(daemon.url);
  const worker = await client.mediasoup.createWorker({ logLevel: 'none' });
  return {
    name: 'remote',
    worker,
    pids: { server: daemon.pid, worker: worker.pid },
    close: async () => {
      await disconnect(client);
      await stop(daemon);
    },
  };
}

function cpuOf({ pids }) {
  return {
    client: cpuNanoseconds(process.pid),
    server: pids.server ? cpuNanoseconds(pids.server) : 0,
    worker: cpuNanoseconds(pids.worker),
  };
}

/** Microseconds of CPU for each of so many, by process. */
function cpuEach(before, after, count) {
  const each = (part) => (after[part] - before[part]) / count / 1000;
  return { client: each('client'), server: each('server'), worker: each('worker') };
}

/** UDP in, 'rtp' events of a consumer out. */
async function measureReceiving(arms, { rounds, rates, seconds }) {
  const sender = await startHelper('rtpSender.mjs');
  const receivers = new Map();
  for (const arm of arms) receivers.set(arm.name, await createReceiver(arm));
  const samples = rates.map((perSecond) => ({
    perSecond,
    arms: Object.fromEntries(arms.map(({ name }) => [name, []])),
  }));

  for (let round = 0; round <= rounds; round += 1) {
    for (const { perSecond, arms: into } of samples) {
      for (const arm of round % 2 === 0 ? arms : [...arms].reverse()) {
        const count = Math.ceil(perSecond * seconds);
        const sample = await receive(arm, receivers.get(arm.name), sender, { perSecond, count });
        // The first round is to warm up.
        if (round > 0) into[arm.name].push(sample);
      }
    }
  }
  await stop(sender);
  return samples.map(({ perSecond, arms: byArm }) => ({ rate: perSecond, ...evaluate(byArm) }));
}

async function createReceiver({ worker }) {
  const router = await worker.createRouter({ mediaCodecs });
  const direct = await router.createDirectTransport();
  const { rtpCapabilities } = router;
  const receiver = { count: 0, streams: [], consumers: [] };
  for (let index = 0; index < streamCount; index += 1) {
    const transport = await router.createPlainTransport({ listenInfo: loopback, comedia: true });
    const ssrc = 20_000 + index + worker.pid * 100;
    const producer = await transport.produce(plainVideo(ssrc));
    const consumer = await direct.consume({ producerId: producer.id, rtpCapabilities });
    receiver.consumers.push(consumer);
    receiver.streams.push({ port: transport.tuple.localPort, ssrc });
    consumer.on('rtp', () => {
      receiver.count += 1;
    });
  }
  return receiver;
}

async function receive(arm, receiver, sender, { perSecond, count }) {
  const passedOnBefore = await passedOn(receiver);
  receiver.count = 0;
  const before = cpuOf(arm);
  const started = performance.now();
  await ask(sender, { streams: receiver.streams, perSecond, count });
  const offered = (count / (performance.now() - started)) * 1000;
  await arrival(receiver, count);
  const cpu = cpuEach(before, cpuOf(arm), Math.max(1, receiver.count));
  return {
    offered,
    delivered: receiver.count / count,
    // A worker that gets too little of a busy core loses packets before anybody hears of them.
    kept: receiver.count / ((await passedOn(receiver)) - passedOnBefore),
    ...cpu,
  };
}

/** Packets that the worker has handed to the process above it. */
async function passedOn({ consumers }) {
  const stats = await Promise.all(consumers.map((consumer) => consumer.getStats()));
  return stats
    .flat()
    .filter(({ type }) => type === 'outbound-rtp')
    .reduce((sum, { packetCount }) => sum + packetCount, 0);
}

/** Resolves when all have come, or none any more. */
async function arrival(receiver, count) {
  let last = -1;
  while (receiver.count < count && receiver.count > last) {
    last = receiver.count;
    const deadline = performance.now() + patience;
    while (receiver.count === last && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** From the application to the worker and back to the application. */
async function measureSending(arms, { rounds, messages }) {
  const kinds = [
    { name: 'DataProducer.send → message', bytes: 100, create: createDataPath },
    { name: 'DataProducer.send → message', bytes: 1200, create: createDataPath },
    { name: 'DataProducer.send → message', bytes: 16_384, create: createDataPath, share: 0.25 },
    { name: 'Producer.send → rtp', bytes: 1100, create: createRtpPath },
  ];
  const results = [];
  for (const { name, bytes, create, share = 1 } of kinds) {
    const byArm = Object.fromEntries(arms.map((arm) => [arm.name, []]));
    const paths = new Map();
    for (const arm of arms) paths.set(arm.name, await create(arm, bytes));
    for (let round = 0; round <= rounds; round += 1) {
      for (const arm of round % 2 === 0 ? arms : [...arms].reverse()) {
        const sample = await send(arm, paths.get(arm.name), Math.ceil(messages * share), bytes);
        if (round > 0) byArm[arm.name].push(sample);
      }
    }
    results.push({ name, bytes, ...evaluate(byArm) });
  }
  return results;
}

async function createDataPath({ worker }, bytes) {
  const router = await worker.createRouter();
  const [from, to] = await Promise.all([
    router.createDirectTransport({ maxMessageSize: 1 << 20 }),
    router.createDirectTransport({ maxMessageSize: 1 << 20 }),
  ]);
  const dataProducer = await from.produceData();
  const dataConsumer = await to.consumeData({ dataProducerId: dataProducer.id });
  const message = Buffer.alloc(bytes, 1);
  const path = { count: 0, send: () => dataProducer.send(message) };
  dataConsumer.on('message', () => {
    path.count += 1;
    path.arrived?.();
  });
  return path;
}

async function createRtpPath({ worker }, bytes) {
  const router = await worker.createRouter({ mediaCodecs });
  const [from, to] = [await router.createDirectTransport(), await router.createDirectTransport()];
  const producer = await from.produce(plainAudio(77));
  const { rtpCapabilities } = router;
  const consumer = await to.consume({ producerId: producer.id, rtpCapabilities });
  let sequence = 0;
  const path = {
    count: 0,
    send: () => {
      const packet = Buffer.alloc(bytes, 2);
      sequence += 1;
      packet[0] = 0x80;
      packet[1] = 101;
      packet.writeUInt16BE(sequence & 0xffff, 2);
      packet.writeUInt32BE((sequence * 960) >>> 0, 4);
      packet.writeUInt32BE(77, 8);
      producer.send(packet);
    },
  };
  consumer.on('rtp', () => {
    path.count += 1;
    path.arrived?.();
  });
  return path;
}

/** So many on their way at any time. */
async function send(arm, path, count, bytes) {
  const onTheirWay = Math.min(window, Math.floor(windowBytes / bytes));
  let sent = 0;
  path.count = 0;
  const before = cpuOf(arm);
  const started = performance.now();
  while (path.count < count) {
    while (sent < count && sent - path.count < onTheirWay) {
      path.send();
      sent += 1;
    }
    if (!(await nextArrival(path))) break;
  }
  const milliseconds = performance.now() - started;
  return {
    delivered: path.count / count,
    perSecond: (path.count / milliseconds) * 1000,
    ...cpuEach(before, cpuOf(arm), count),
  };
}

function nextArrival(path) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), patience);
    path.arrived = () => {
      clearTimeout(timer);
      path.arrived = undefined;
      resolve(true);
    };
  });
}

/** Of each arm the medians; of the remote one against the local one, round by round. */
function evaluate({ local, remote }) {
  const values = (samples, part) => samples.map((sample) => sample[part]);
  const medians = (samples) =>
    Object.fromEntries(
      Object.keys(samples[0]).map((part) => [part, median(values(samples, part))]),
    );
  return {
    local: medians(local),
    remote: medians(remote),
    // Where mediasoup itself runs: here in one arm, in the daemon in the other.
    hostCpu: summary(ratios(values(remote, 'server'), values(local, 'client'))),
    clientCpu: summary(ratios(values(remote, 'client'), values(local, 'client'))),
    perSecond: summary(ratios(values(remote, 'perSecond'), values(local, 'perSecond'))),
  };
}

export function render({ counts, received, sent }) {
  const cells = ({ client, server, worker }) => [client, server, worker];
  const receivedRows = received.flatMap((row) =>
    ['local', 'remote'].map((arm) => [
      `${row.rate} packets/s`,
      arm,
      row[arm].offered,
      row[arm].delivered,
      row[arm].kept,
      ...cells(row[arm]),
      arm === 'remote' ? spread(row.hostCpu) : '',
      arm === 'remote' ? spread(row.clientCpu) : '',
    ]),
  );
  const sentRows = sent.flatMap((row) =>
    ['local', 'remote'].map((arm) => [
      `${row.name}, ${row.bytes} B`,
      arm,
      row[arm].perSecond,
      row[arm].delivered,
      ...cells(row[arm]),
      arm === 'remote' ? spread(row.perSecond) : '',
      arm === 'remote' ? spread(row.clientCpu) : '',
    ]),
  );
  const cpu = ['client CPU µs', 'server CPU', 'worker CPU'];
  return [
    `${counts.streamCount} streams of 1100 B over UDP to 'rtp' events; kept: of those that the ` +
      `worker passed on; CPU per packet`,
    table(
      ['offered', 'arm', 'sent/s', 'arrived', 'kept', ...cpu, 'server ÷ local', 'client ÷ local'],
      receivedRows,
    ),
    `through the worker and back, ${number(counts.window)} (of 16 KB 64) on their way`,
    table(['', 'arm', 'per s', 'delivered', ...cpu, 'per s ÷ local', 'client ÷ local'], sentRows),
  ].join('\n\n');
}
