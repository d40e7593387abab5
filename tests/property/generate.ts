import type { EntityKind } from '../support/events.js';
import { actions, themes, type Action, type Scene, type Theme } from './actions.js';
import { allCodecs } from './material.js';
import { Model, routerOf, transports, type Known } from './Model.js';
import { Random } from './random.js';
import type { Listening, Operation, Sequence, Step } from './sequence.js';

/** High-rate events of each kind that has some. */
export const streamEvents: Partial<Record<EntityKind, readonly string[]>> = {
  producer: ['trace'],
  consumer: ['rtp', 'trace'],
  dataConsumer: ['message'],
};

const kindsByWeight: readonly (readonly [number, EntityKind])[] = [
  [2, 'worker'],
  [1, 'webRtcServer'],
  [9, 'router'],
  [5, 'webRtcTransport'],
  [4, 'plainTransport'],
  [3, 'pipeTransport'],
  [8, 'directTransport'],
  [8, 'producer'],
  [9, 'consumer'],
  [6, 'dataProducer'],
  [7, 'dataConsumer'],
  [2, 'audioLevelObserver'],
  [2, 'activeSpeakerObserver'],
];

/** Writes one sequence. The same seed gives the same sequence. */
class Generator implements Scene {
  readonly random: Random;
  readonly model: Model;
  broken = false;
  readonly #steps: Step[] = [];
  #nextOperation = 0;
  #nextUnique = 0;
  readonly #workers: Known[];
  readonly #theme: Theme;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.#theme = this.random.weighted(themes);
    this.model = new Model(this.random);
    this.#workers = ['w0', 'w1'].map((ref) =>
      this.model.add({ ref, kind: 'worker', owner: undefined }),
    );
  }

  unique(): number {
    return this.#nextUnique++;
  }

  write(): readonly Step[] {
    this.#open();
    for (let left = this.random.between(8, 30); left > 0; left -= 1) {
      this.#step();
    }
    if (this.random.chance(0.04)) {
      this.#endWorker();
    }

    return this.#steps;
  }

  /** Something to begin with, so that few steps go into getting anywhere. */
  #open(): void {
    const [first, second] = this.#workers as [Known, Known];
    const routers = [first, this.random.chance(0.5) ? first : second];

    for (const worker of routers.slice(0, this.random.chance(0.3) ? 1 : 2)) {
      const router = this.#do(worker, {
        call: 'createRouter',
        args: [{ mediaCodecs: allCodecs }],
        creates: [{ kind: 'router' }],
      });

      this.#steps.push([router]);
    }

    const home = this.model.ofKind('router');

    for (const [kinds, maker] of this.#theme.beginning) {
      const known = this.model.find(
        (candidate) =>
          kinds.includes(candidate.kind) && [home, undefined].includes(routerOf(candidate)),
        0,
      );

      if (known && this.random.chance(0.9)) {
        this.#push(this.#act(known, [[1, maker]]));
      }
    }
  }

  #step(): void {
    const write = this.random.weighted<() => void>([
      [60, () => this.#single()],
      [8, () => this.#burstOnOne()],
      [8, () => this.#raceWithClose()],
      [7, () => this.#together()],
      [4, () => this.#pipes()],
      [6, () => this.#messages()],
      [6, () => this.#media()],
      [3, () => this.#closings()],
      [3, () => this.#listen()],
      [2, () => this.#setAppData()],
    ]);

    write();
  }

  #push(...operations: (Operation | undefined)[]): void {
    const step = operations.filter((operation) => operation !== undefined);

    if (step.length > 0) {
      this.#steps.push(step);
      this.model.forgetOrphans(step.map(({ id }) => id));
    }
  }

  #anyObject(): Known {
    const there = kindsByWeight
      .filter(([, kind]) => this.model.all.some((known) => known.kind === kind))
      .map(
        ([weight, kind]) => [this.#theme.kinds.includes(kind) ? weight * 4 : weight, kind] as const,
      );

    return this.model.ofKind(this.random.weighted(there)) ?? (this.#workers[0] as Known);
  }

  #single(): void {
    this.#push(this.#act(this.#anyObject()));
  }

  /** Calls on one object that do not wait for each other. */
  #burstOnOne(): void {
    const known = this.model.ofKind(
      'producer',
      'consumer',
      'dataProducer',
      'dataConsumer',
      'audioLevelObserver',
      'webRtcTransport',
    );

    if (known) {
      this.#push(...this.#several(2, 6, () => this.#act(known, withoutClose(known))));
    }
  }

  /** Calls that are under way while the object, or something that it depends on, closes. */
  #raceWithClose(): void {
    const known = this.#anyObject();
    const calls = this.#several(1, 3, () => this.#act(known, withoutClose(known)));
    const above = [known, known.owner, known.owner?.owner, known.source].filter(
      (candidate) => candidate && candidate.kind !== 'worker',
    );
    const closing = above.length > 0 ? this.random.pick(above) : undefined;

    this.#push(...calls, closing && this.#close(closing));
  }

  /** Calls on objects that have little to do with each other. */
  #together(): void {
    const creating = this.random.chance(0.5);

    this.#push(
      ...this.#several(2, 4, () => {
        const known = creating ? this.model.ofKind(...transports, 'router') : this.#anyObject();

        return known && this.#act(known, creating ? onlyCreating(known) : undefined);
      }),
    );
  }

  /** Concurrent pipeToRouter(), also crossed, also of what is closing. */
  #pipes(): void {
    const pipe = actions.router.filter(([, maker]) => maker.name === 'pipeToRouter');
    const calls = this.#several(1, 3, () => {
      const router = this.model.ofKind('router');

      return router && this.#act(router, pipe);
    });
    const closing = this.random.chance(0.25)
      ? this.model.ofKind('producer', 'dataProducer', 'directTransport', 'router')
      : undefined;

    this.#push(...calls, closing && this.#close(closing));
  }

  /** Messages among calls that decide who gets them. */
  #messages(): void {
    const producer =
      this.model.find((known) => known.kind === 'dataProducer' && this.#isHeard(known)) ??
      this.model.ofKind('dataProducer');

    if (!producer) {
      return;
    }

    const consumers = this.model.all.filter(({ source }) => source === producer);

    this.#push(
      ...this.#several(2, 7, () => {
        const consumer = this.random.chance(0.4) && consumers.length > 0;
        const known = consumer ? this.random.pick(consumers) : producer;

        return this.#act(known, withoutClose(known));
      }),
    );
  }

  /** Whether what it sends may be seen. */
  #isHeard(producer: Known): boolean {
    return this.model.all.some(
      ({ source, owner, closed }) =>
        source === producer && owner?.kind === 'directTransport' && !closed,
    );
  }

  /** Packets among calls that decide what becomes of them. */
  #media(): void {
    const sends = ({ kind, owner, media }: Known) =>
      kind === 'producer' && media !== 'rids' && owner?.kind === 'directTransport';
    const producer =
      this.model.find((known) => sends(known) && this.#isHeard(known)) ?? this.model.find(sends);

    if (!producer) {
      return;
    }

    const consumers = this.model.all.filter(({ source }) => source === producer);
    const send = actions.producer.filter(([, maker]) => maker.name === 'sendRtp');

    this.#push(
      ...this.#several(2, 6, () => {
        const consumer = this.random.chance(0.2) && consumers.length > 0;
        const known = consumer ? this.random.pick(consumers) : producer;

        return this.#act(known, consumer ? withoutClose(known) : send);
      }),
    );
  }

  #closings(): void {
    const operations = this.#several(1, 3, () => {
      const known = this.#anyObject();

      return known.kind === 'worker' ? undefined : this.#close(known);
    });

    this.#push(...operations, ...(this.random.chance(0.3) ? operations.map(twice) : []));
  }

  #listen(): void {
    const known = this.model.ofKind('consumer', 'dataConsumer', 'producer');

    if (known) {
      this.#push({
        id: this.#id(),
        on: known.ref,
        listen: this.random.chance(0.6),
        events: streamEvents[known.kind] ?? [],
      });
    }
  }

  #setAppData(): void {
    this.#push({
      id: this.#id(),
      on: this.#anyObject().ref,
      set: 'appData',
      value: { set: this.random.below(100) },
    });
  }

  #endWorker(): void {
    const worker = this.random.pick(this.#workers);
    const calls = this.random.chance(0.5)
      ? this.#several(1, 2, () => this.#act(this.#anyObject(), undefined))
      : [];

    if (this.random.chance(0.3)) {
      this.#push({ id: this.#id(), on: worker.ref, kill: true });
    } else {
      this.#push(...calls, this.#close(worker));
    }
    this.model.close(worker);
    for (let left = this.random.between(1, 4); left > 0; left -= 1) {
      this.#single();
    }
  }

  #several(min: number, max: number, make: () => Operation | undefined): (Operation | undefined)[] {
    return Array.from({ length: this.random.between(min, max) }, make);
  }

  #act(known: Known, among = actions[known.kind]): Operation | undefined {
    if (among.length === 0) {
      return undefined;
    }

    this.broken = false;

    const action = this.random.weighted(among)(this, known);

    return action && this.#do(known, action);
  }

  #close(known: Known): Operation {
    return this.#do(known, { call: 'close', args: [], closes: true });
  }

  #do(known: Known, { call, args, creates = [], closes }: Action): Operation {
    const operation = { id: this.#id(), on: known.ref, call, args };

    for (const { part, ...created } of this.broken ? [] : creates) {
      this.model.add({
        owner: known,
        ...created,
        ref: part === undefined ? operation.id : `${operation.id}.${part}`,
      });
    }
    if (closes) {
      this.model.close(known);
    }

    return operation;
  }

  #id(): string {
    return `o${this.#nextOperation++}`;
  }
}

function withoutClose({ kind }: Known): (typeof actions)[EntityKind] {
  return actions[kind].filter(([, maker]) => maker.name !== 'close');
}

const creatingActions = /^(create|produce|consume)/;

function onlyCreating({ kind }: Known): (typeof actions)[EntityKind] {
  return actions[kind].filter(([, maker]) => creatingActions.test(maker.name));
}

function twice(operation: Operation | undefined): Operation | undefined {
  return operation && { ...operation, id: `${operation.id}again` };
}

export function generate(seed: number): Sequence {
  const listening = new Random(~seed).pick<Listening>(['announced', 'resolved', 'asked']);

  return { seed, listening, steps: new Generator(seed).write() };
}
