// An application whose rooms come and go while media flows; a child process of soak.mjs.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { countOpen, countsOfLevels, left } from './counts.mjs';
import { memory } from './memory.mjs';
import { visit } from './visit.mjs';

const [url, roomCount = '6', lifeTime = '8', leak = '0', cluster] = process.argv.slice(2);

const mediaCodecs = [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 }];
const loopback = { protocol: 'udp', ip: '127.0.0.1' };
const payloadType = 111;
/** Milliseconds between the packets of a stream, as of opus. */
const packetTime = 20;
const membersOfRoom = 2;

const figures = {
  ...{ roomsOpened: 0, visits: 0, sent: 0, received: 0, heard: 0, messages: 0 },
  events: [],
};
/** What sends now: a transport, an SSRC and where it got to. */
const streams = new Set();
// One socket each way for all rooms, so that file descriptors show what the library does.
const source = createSocket('udp4').bind(0, '127.0.0.1');
const sink = createSocket('udp4').bind(0, '127.0.0.1');

await Promise.all([once(source, 'listening'), once(sink, 'listening')]);
sink.on('message', () => (figures.received += 1));

let nextSsrc = 1000;

function send(stream) {
  const packet = Buffer.alloc(12 + 60);

  packet[0] = 0x80;
  packet[1] = payloadType;
  packet.writeUInt16BE(stream.sequence & 0xffff, 2);
  packet.writeUInt32BE((stream.sequence * 960) >>> 0, 4);
  packet.writeUInt32BE(stream.ssrc, 8);
  stream.sequence += 1;
  figures.sent += 1;
  source.send(packet, stream.port, '127.0.0.1');
}

async function openRoom(worker) {
  const router = await worker.createRouter({ mediaCodecs });
  const direct = await router.createDirectTransport();
  const own = [];
  const producers = [];

  for (let member = 0; member < membersOfRoom; member += 1) {
    const ssrc = (nextSsrc += 1);
    const incoming = await router.createPlainTransport({ listenInfo: loopback, comedia: true });
    const outgoing = await router.createPlainTransport({ listenInfo: loopback });
    const codec = { ...mediaCodecs[0], payloadType };
    const producer = await incoming.produce({
      kind: 'audio',
      rtpParameters: { codecs: [codec], encodings: [{ ssrc }] },
    });
    const { rtpCapabilities } = router;

    await outgoing.connect({ ip: '127.0.0.1', port: sink.address().port });
    await outgoing.consume({ producerId: producer.id, rtpCapabilities });

    const watched = await direct.consume({ producerId: producer.id, rtpCapabilities });

    watched.on('rtp', () => (figures.heard += 1));
    own.push({ ssrc, sequence: 1, port: incoming.tuple.localPort });
    producers.push(producer);
  }

  const chat = await direct.produceData({ label: 'chat' });
  const reader = await direct.consumeData({ dataProducerId: chat.id });

  reader.on('message', () => (figures.messages += 1));
  own.forEach((stream) => streams.add(stream));
  figures.roomsOpened += 1;

  return {
    ...{ router, direct, producers, chat },
    close: () => {
      own.forEach((stream) => streams.delete(stream));
      router.close();
    },
  };
}

const client = new RemoteMediasoupClient(url);

for (const event of ['disconnected', 'error']) {
  client.on(event, (reason) => figures.events.push(`${event}: ${reason}`));
}

const media = setInterval(() => streams.forEach(send), packetTime);

const [mediasoup] = await once(client, 'mediasoup');
const open = countOpen(mediasoup);
const openWorkers = new Set();

mediasoup.observer.on('newworker', (worker) => {
  openWorkers.add(worker);
  worker.observer.once('close', () => openWorkers.delete(worker));
});

/** Where a leak is, if one is asked for: on a router that is not closed. */
const atticRouter = await (await mediasoup.createWorker()).createRouter();
const attic = await atticRouter.createDirectTransport();
let over = false;

/**
 * One place for a room: one after the other is opened in it, on a worker of its own now and then.
 * The last worker stays.
 */
async function occupy(place) {
  let worker = await mediasoup.createWorker();

  for (let rooms = 0; !over; rooms += 1) {
    if (rooms > 0 && rooms % 10 === 0) {
      worker.close();
      worker = await mediasoup.createWorker();
    }

    const room = await openRoom(worker);
    const until = performance.now() + Number(lifeTime) * 1000 * (place === 0 ? 0.5 : 1);

    while (!over && performance.now() < until) {
      room.chat.send('hello');
      await worker.getResourceUsage();
      if (cluster) {
        await visit(room, (figures.visits += 1));
      }
      await delay(200);
    }
    room.close();
    for (let kept = 0; kept < Number(leak); kept += 1) await attic.produceData();
  }
}

/** Milliseconds without any change after which what is left will stay. */
const patience = 4000;

/** What somebody still has of what was closed here, all levels of daemons included. */
async function leftOver(kept) {
  let changed = performance.now();
  let before;

  for (;;) {
    const levels = countsOfLevels(await client.getTopology());
    const found = left([['app', open], ...levels], kept);

    if (String(found) !== before) changed = performance.now();
    if (found.length === 0 || performance.now() - changed > patience) return found;
    before = String(found);
    await delay(500);
  }
}

/** First of all rooms, then of their workers. */
async function end() {
  over = true;
  await places;
  clearInterval(media);
  if (Number(leak) === 0) atticRouter.close();

  const ofRooms = await leftOver(['workers']);

  openWorkers.forEach((worker) => worker.close());

  return [...new Set([...ofRooms, ...(await leftOver([]))])];
}

const places = Promise.all(
  Array.from({ length: Number(roomCount) }, async (_, place) => {
    // Not all at once.
    await delay((place * Number(lifeTime) * 1000) / Number(roomCount));
    await occupy(place);
  }),
);

process.on('message', async (message) => {
  if (message !== 'end') {
    process.send({ ...figures, streams: streams.size, memory: memory(message.collect) });
  } else {
    process.send({ left: await end() });
    client.close();
    source.close();
    sink.close();
    process.disconnect();
  }
});
places.catch((error) => {
  console.error(error);
  process.exit(1);
});
