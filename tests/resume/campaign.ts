import type { Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { until } from '../support/events.js';
import { mediaCodecs } from '../support/media.js';
import type { Mediasoup } from '../support/targets.js';
import type { TcpProxy } from '../support/TcpProxy.js';
import { closeWorker } from '../support/useTarget.js';
import { below, pick, seeded, type Random } from '../protocol/random.js';
import { actors, type Journal, type Stage } from './load.js';
import { MediaMeter } from './MediaMeter.js';

export interface CampaignOptions {
  /** Between the client of the campaign and a server. */
  proxy: TcpProxy;
  seed: number;
  /** How many faults there are to be. */
  faults: number;
  /** Whether the server answers getStats() with the number of times that it did. */
  serverCounts: boolean;
  /** Called when everything is closed but the client, which still has its session. */
  onAllClosed?(): Promise<void>;
}

export interface CampaignReport extends Journal {
  seed: number;
  /** How often each fault was done. */
  done: Record<string, number>;
  /** Connections that came about. */
  connected: number;
  packets: { sent: number; arrived: number; worstLatency: number; worstPause: number };
  seconds: number;
}

/** Milliseconds of silence after which the client gives a connection up; short, as a test is. */
const deadAfter = 300;

/** A way to trouble a connection. Resolves when nothing more is done to it. */
type Fault = (proxy: TcpProxy, random: Random, copies: Socket[]) => Promise<void>;

const kinds: Record<string, Fault> = {
  cut: async (proxy) => proxy.cut(),
  'half open': async (proxy) => proxy.halfOpen(),
  // Shorter than anybody minds.
  pause: async (proxy, random) => {
    proxy.stall();
    await pause(below(random, deadAfter / 4));
    proxy.flow();
  },
  // Until nobody believes in the connection any more; what it held comes out in the end.
  stall: async (proxy, random) => {
    proxy.stall(pick(random, [undefined, 'up', 'down']));
    await pause(deadAfter * 2);
    proxy.flow();
  },
  'slow for a while': async (proxy, random) => {
    proxy.delay(1 + below(random, 15));
    await pause(below(random, 100));
    proxy.cut();
    proxy.delay(0);
  },
  'unreachable for a while': async (proxy, random) => {
    proxy.refuse(true);
    proxy.cut();
    await pause(below(random, 100));
    proxy.refuse(false);
  },
  // Replays the beginning of the connection, a resume included.
  duplicate: async (proxy, _random, copies) => {
    copies.push(await proxy.duplicate());
  },
};
/** Mostly cuts. */
const choices = [...Array<string>(13).fill('cut'), ...Object.keys(kinds).slice(1)];

/** Troubles the connection of a client under load and tells what became of the load. */
export async function campaign(options: CampaignOptions): Promise<CampaignReport> {
  const { proxy, seed, faults, serverCounts, onAllClosed } = options;
  // Of its own, since how often the load asks depends on time.
  const random = seeded(seed + 1);
  const journal: Journal = { calls: 0, events: 0, messages: 0, faults: [] };
  const started = performance.now();
  const client = new RemoteMediasoupClient(proxy.url, {
    requestTimeout: 60_000,
    minRedialDelay: 5,
    maxRedialDelay: 40,
    handshakeTimeout: 1000,
    pingInterval: deadAfter / 4,
    deadAfter,
  });
  const copies: Socket[] = [];

  try {
    await once(client, 'mediasoup');

    const mediasoup = client.mediasoup as Mediasoup;
    const worker = await mediasoup.createWorker({ logLevel: 'none' });
    const meter = await MediaMeter.start(await worker.createRouter({ mediaCodecs }));
    const life = watch(client, journal);
    let over = false;
    const stage: Stage = { client, mediasoup, worker, random, journal, over: () => over };
    const load = Promise.all(actors(serverCounts).map((actor) => actor(stage)));

    const done = await Promise.race([
      trouble(client, proxy, seeded(seed), faults, copies),
      load.then(() => Promise.reject(new Error('the load has ended before the faults'))),
    ]);

    over = true;
    await load;
    meter.stop();
    await until('the last packets', () => meter.arrived === meter.sent).catch(() => undefined);
    await closeWorker(worker);
    await onAllClosed?.();
    life.end();

    const { sent, arrived } = meter;
    const [worstLatency, worstPause] = [meter.worstLatency, meter.worstPause].map(Math.round) as [
      number,
      number,
    ];
    const packets = { sent, arrived, worstLatency, worstPause };
    const seconds = Math.round((performance.now() - started) / 1000);

    return { seed, ...journal, done, connected: life.connected, packets, seconds };
  } finally {
    proxy.flow();
    client.close();
    copies.forEach((copy) => copy.destroy());
  }
}

async function trouble(
  client: RemoteMediasoupClient,
  proxy: TcpProxy,
  random: Random,
  faults: number,
  copies: Socket[],
): Promise<Record<string, number>> {
  const done: Record<string, number> = {};
  const connected = () =>
    until('another connection', () => client.readyState === RemoteMediasoupClient.CONNECTED);

  for (let fault = 0; fault < faults; fault += 1) {
    const kind = pick(random, choices);

    // Most find the client connected; some find it in the middle of connecting.
    if (random() < 0.7) {
      await connected();
    }
    await pause(below(random, 25));
    await (kinds[kind] as Fault)(proxy, random, copies);
    done[kind] = (done[kind] ?? 0) + 1;
  }
  await connected();

  return done;
}

/** A session that resumes is one session: it comes and goes with its connections, never ends. */
function watch(
  client: RemoteMediasoupClient,
  journal: Journal,
): { connected: number; end(): void } {
  let attached = true;
  let ended = false;
  const life = { connected: 0, end: () => (ended = true) };
  const wrong = (event: string) => {
    if (!ended) {
      journal.faults.push(`the client emitted ${event}`);
    }
  };

  client.on('mediasoup', (object) => wrong(object ? 'mediasoup' : 'mediasoup undefined'));
  client.on('error', (error) => wrong(`error: ${error.message}`));
  client.on('connected', () => {
    if (attached) {
      wrong('connected twice');
    }
    attached = true;
    life.connected += 1;
  });
  client.on('disconnected', () => {
    if (!attached) {
      wrong('disconnected twice');
    }
    attached = false;
  });

  return life;
}
