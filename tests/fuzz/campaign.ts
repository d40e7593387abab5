import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import type { types } from 'mediasoup';
import type { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { makeRoom, type Room } from '../faults/support/clients.js';
import { below, mutate, pick, seeded, type Random } from '../protocol/random.js';
import { FuzzClient } from './FuzzClient.js';
import { furniture, type Knowledge } from './material.js';
import { breach, hello, survivable } from './messages.js';

export interface CampaignOptions {
  daemon: ObservedDaemon;
  token: string;
  frames: number;
  seed: number;
  /** Milliseconds after which it ends, whatever has been sent. */
  time: number;
}

export interface Outcome {
  frames: number;
  /** Frames by who sent them. */
  by: Record<string, number>;
  calls: number;
  /** Calls that were answered by an error. */
  failures: number;
  sessions: number;
  /** Sessions of attackers that the daemon ended. */
  ended: number;
  /** Largest resident memory of the daemon, in MiB. */
  memory: number;
  heartbeats: number;
  /** Of the heartbeats, in milliseconds. */
  worst: number;
  seconds: number;
}

/** Frames that one session of a tenant sends. */
const framesOfTenant = 2500;
/** Of the frames of a session that is furnished, how many may well end it. */
const breachShare = 0.001;

/** Attacks a daemon from several sides while an innocent session lives in it. */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #sessionIds: string[] = [];
  readonly #outcome: Outcome = {
    ...{ frames: 0, by: {}, calls: 0, failures: 0, sessions: 0, ended: 0, memory: 0 },
    ...{ heartbeats: 0, worst: 0, seconds: 0 },
  };
  readonly #began = performance.now();
  #foreignId = '';
  #over = false;

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  /** Rejects with what the daemon did that it should not have done. */
  async run(): Promise<Outcome> {
    const { seed, daemon } = this.#options;
    const innocent = await Innocent.enter(daemon.url, this.#options.token);
    const attackers = [
      ...[1, 2].map((number) => this.#tenant(seeded(seed + number))),
      this.#intruder(seeded(seed + 3)),
      this.#stranger(seeded(seed + 4)),
    ];

    this.#foreignId = innocent.room.producer.id;

    const watch = this.#watch();
    const heart = innocent.beat(() => this.#over);

    try {
      await Promise.all(attackers.map((attack) => this.#until(attack)));
    } finally {
      this.#over = true;
      await watch;
    }
    this.#outcome.worst = await heart;
    this.#outcome.heartbeats = innocent.beats;
    await innocent.leave();
    this.#outcome.seconds = (performance.now() - this.#began) / 1000;

    return this.#outcome;
  }

  get #enough(): boolean {
    const { frames, time } = this.#options;

    return this.#over || this.#outcome.frames >= frames || performance.now() - this.#began > time;
  }

  /** Goes on with rounds of an attack until there have been enough frames. */
  async #until(attack: () => Promise<void>): Promise<void> {
    try {
      while (!this.#enough) await attack();
    } catch (error) {
      // The others need not go on.
      this.#over = true;
      throw error;
    }
  }

  #count(who: string): void {
    this.#outcome.frames += 1;
    this.#outcome.by[who] = (this.#outcome.by[who] ?? 0) + 1;
  }

  /** Furnishes a session, and then calls whatever there is with whatever comes to mind. */
  #tenant(random: Random): () => Promise<void> {
    return async () => {
      const client = await this.#connect();

      await client.greet();
      this.#outcome.sessions += 1;
      this.#sessionIds.push(client.welcome!.session.id);

      const knowledge = await furnish(client, this.#foreignId);
      let handle = furniture.length;
      const freeHandle = () => (handle += 1);

      for (let sent = 0; sent < framesOfTenant && !client.closed && !this.#enough; sent += 1) {
        this.#count('tenant');
        if (random() < breachShare) {
          client.sendRaw(breach(random, knowledge));
        } else {
          const made = Array.from({ length: 1 + below(random, 2) }, () =>
            survivable(random, knowledge, () => client.nextId, freeHandle),
          );

          client.send(
            made.map(({ bytes }) => bytes),
            made.reduce((sum, { calls }) => sum + calls, 0),
          );
        }
        await client.room();
      }
      // Its worker may have been sent to where it does not come back from; nobody waits for that.
      if (client.closed) this.#outcome.ended += 1;
      else client.send([Buffer.from([0x91, 4])], 0);
      await client.gone();
      this.#outcome.calls += client.answers;
      this.#outcome.failures += client.failures;
    };
  }

  /** Is let in, and breaks the protocol, in the first frame or soon after. */
  #intruder(random: Random): () => Promise<void> {
    const knowledge = (): Knowledge => ({
      ...{ producerId: 'x', dataProducerId: 'x' },
      foreignId: this.#foreignId,
    });

    return async () => {
      const client = await this.#connect();

      if (random() < 0.5) {
        this.#count('before hello');
        client.sendRaw(hello(random, knowledge(), this.#sessionIds));
        // It may be a good one.
        client.sendRaw(Buffer.alloc(1, 0xc1));
      } else {
        await client.greet();
        for (let frames = 1 + below(random, 20); frames > 0 && !client.closed; frames -= 1) {
          this.#count('after hello');
          client.sendRaw(random() < 0.02 ? 'text' : breach(random, knowledge()));
        }
        client.sendRaw(Buffer.alloc(1, 0xc1));
      }
      await client.gone();
      this.#outcome.ended += 1;
    };
  }

  /** Has no token, and talks to the port all the same. */
  #stranger(random: Random): () => Promise<void> {
    const { daemon } = this.#options;
    const request = Buffer.from(
      [
        'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
        'Sec-WebSocket-Protocol: tureen.1\r\nAuthorization: Bearer wrong\r\n\r\n',
      ].join(''),
    );

    return async () => {
      const socket = connect(daemon.port, '127.0.0.1');
      const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));

      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      for (let writes = 1 + below(random, 3); writes > 0; writes -= 1) {
        this.#count('before authentication');
        socket.write(random() < 0.2 ? request : mutate(random, request, request));
      }
      // Half a request would be waited for; that has a test of its own.
      if (random() < 0.5) socket.end();
      else socket.write('\0\r\n\r\n\r\n', () => socket.end());
      socket.setTimeout(1000, () => socket.destroy());
      await closed;
    };
  }

  #connect(): Promise<FuzzClient> {
    return FuzzClient.connect(this.#options.daemon.url, this.#options.token);
  }

  async #watch(): Promise<void> {
    const { daemon } = this.#options;

    while (!this.#over) {
      if (daemon.hasEnded) throw new Error(`the daemon fell: ${daemon.stderr.slice(-5000)}`);
      this.#outcome.memory = Math.max(this.#outcome.memory, residentMemory(daemon.pid));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** In MiB. */
export function residentMemory(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

  return Math.round(Number(kibibytes) / 1024);
}

async function furnish(client: FuzzClient, foreignId: string): Promise<Knowledge> {
  const knowledge: Knowledge = { producerId: '', dataProducerId: '', foreignId };

  for (const [index, { owner, method, args, kind }] of furniture.entries()) {
    const made = (await client.call(owner, method, args(knowledge), index + 1)) as
      { id?: string } | undefined;

    if (!made)
      throw new Error(`no ${kind}: ${[...client.errors.values()].join()} ${client.reason}`);
    if (kind === 'producer') knowledge.producerId = made.id as string;
    if (kind === 'dataProducer') knowledge.dataProducerId = made.id as string;
  }

  return knowledge;
}

/** Another application, which is to notice nothing. */
class Innocent {
  beats = 0;
  readonly #events: string[] = [];

  private constructor(
    readonly client: RemoteMediasoupClient,
    readonly room: Room,
  ) {
    for (const event of ['disconnected', 'error', 'close'] as const) {
      client.on(event, (reason?: unknown) => this.#events.push(`${event}: ${String(reason)}`));
    }
    room.worker.on('died', () => this.#events.push('worker died'));
  }

  static async enter(url: string, token: string): Promise<Innocent> {
    const client = new RemoteMediasoupClient(url, { token });
    const [mediasoup] = (await once(client, 'mediasoup')) as [types.Index];

    return new Innocent(client, await makeRoom(mediasoup));
  }

  /** Calls again and again. @returns The longest time that a call took, in milliseconds. */
  async beat(isOver: () => boolean): Promise<number> {
    const { router, worker, consumer } = this.room;
    let worst = 0;

    do {
      const began = performance.now();

      await pick(Math.random, [
        () => router.dump(),
        () => worker.dump(),
        () => consumer.getStats(),
        () => this.client.getStats(),
      ])();
      worst = Math.max(worst, performance.now() - began);
      this.beats += 1;
      if (this.#events.length > 0) throw new Error(this.#events.join('; '));
      await new Promise((resolve) => setTimeout(resolve, 50));
    } while (!isOver());

    return Math.round(worst);
  }

  async leave(): Promise<void> {
    if (this.room.worker.closed) throw new Error("the innocent session's worker has gone");
    this.client.close();
    await once(this.client, 'close');
  }
}
