import type { EventEmitter } from 'node:events';
import { rows } from '@tureen/protocol';
import type { types } from 'mediasoup';
import { allEvents, type EntityKind } from '../support/events.js';
import type { Mediasoup } from '../support/targets.js';
import { timedEvents, timedFields, uncomparedEvents } from './exceptions.js';
import { streamEvents } from './generate.js';
import { Normaliser } from './Normaliser.js';
import { comparableRtp, rtpPacket } from './rtpPacket.js';
import {
  isRaced,
  isToken,
  type Argument,
  type Listening,
  type Operation,
  type Step,
  type Token,
} from './sequence.js';

/** Any object of mediasoup's. */
type Thing = EventEmitter & Record<string, unknown> & { observer: EventEmitter; closed: boolean };

export interface Entry {
  object: string;
  channel: 'own' | 'observer' | 'result';
  event: string;
  text: string;
  /** Getters of the object at that moment. */
  state: string;
  /**
   * What made it happen: a call on the object itself, a notification of the worker, either of the
   * two, or something with a clock of its own.
   */
  cause: 'call' | 'notification' | 'either' | 'clock';
  /** The operation during which it happened, before that returned. */
  during: string | undefined;
  /** Entries of the same block happened without anything in between. */
  block: number;
}

interface Watched {
  thing: Thing;
  kind: EntityKind;
  name: string;
  ownerName: string | undefined;
  /** Application data as it was given. */
  appData?: unknown;
}

/** How long anything may take, in milliseconds. */
const deadline = 15_000;

const announcements: Readonly<Record<string, (thing: Thing) => EntityKind>> = {
  newrouter: () => 'router',
  newwebrtcserver: () => 'webRtcServer',
  newtransport: ({ type }) => transportKinds[type as string] as EntityKind,
  newrtpobserver: ({ type }) =>
    type === 'audiolevel' ? 'audioLevelObserver' : 'activeSpeakerObserver',
  newproducer: () => 'producer',
  newconsumer: () => 'consumer',
  newdataproducer: () => 'dataProducer',
  newdataconsumer: () => 'dataConsumer',
};

const transportKinds: Readonly<Record<string, EntityKind>> = {
  webrtc: 'webRtcTransport',
  plain: 'plainTransport',
  pipe: 'pipeTransport',
  direct: 'directTransport',
};

const eitherEvents = new Set(['pause', 'resume']);
const callEvents = new Set([
  ...Object.keys(announcements),
  'pause',
  'resume',
  'addproducer',
  'removeproducer',
  'webrtctransporthandled',
  'webrtctransportunhandled',
]);
/** Results of which only the shape is compared. */
const measured = new Set(['dump', 'getStats', 'getResourceUsage']);

/** Fields that are cheap and that may change. */
const liveFields = new Map<string, readonly string[]>(
  Object.entries(rows).map(([kind, { fields }]) => [
    kind,
    Object.keys(fields).filter((field) => fields[field] === 'live'),
  ]),
);
/** What a notification of the worker changes. */
const notifiedFields = ['closed', 'producerPaused', 'dataProducerPaused', 'score', 'currentLayers'];

export interface SideOptions {
  mediasoup: Mediasoup;
  workers: readonly [types.Worker, types.Worker];
  listening: Listening;
  /** Port of the socket that swallows everything. */
  port: number;
}

/** Executes a sequence on one target and writes down all that can be seen of it. */
export class Side {
  readonly #options: SideOptions;
  readonly #normaliser: Normaliser;
  readonly #refs = new Map<string, unknown>();
  readonly #watched = new Map<object, Watched>();
  readonly #named = new Map<string, Watched>();
  readonly #counts = new Map<string, number>();
  readonly #detach: (() => void)[] = [];
  #entries: Entry[] = [];
  #during: string | undefined;
  #raced = false;
  /** Names of the objects that the step is about. */
  #called: ReadonlySet<string> = new Set();
  #block = 0;
  #blockEnds = false;

  constructor(options: SideOptions) {
    this.#options = options;
    this.#normaliser = new Normaliser({
      nameOf: (object) => this.#watched.get(object)?.name,
      errorClasses: options.mediasoup.errors as unknown as Record<string, unknown>,
      knownPorts: new Set([options.port]),
    });
    options.workers.forEach((worker, index) => {
      this.#refs.set(`w${index}`, worker);
      this.#watch(worker as unknown as Thing, 'worker', `w${index}`, undefined);
    });
  }

  /** What was written down since this was last forgotten. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  forget(): void {
    this.#entries = [];
  }

  get workersOpen(): boolean {
    return this.#options.workers.every(({ closed }) => !closed);
  }

  /** Names of what is open and belongs to a worker. */
  openRoots(): string[] {
    return [...this.#watched.values()]
      .filter(({ thing, kind }) => !thing.closed && (kind === 'router' || kind === 'webRtcServer'))
      .map(({ name }) => name);
  }

  /** Begins all operations of a step at once and waits until nothing happens any more. */
  async run(step: Step): Promise<void> {
    this.#raced = isRaced(step);
    this.#called = new Set(
      step.map(({ on }) => this.#watched.get(this.#resolveRef(on) as object)?.name ?? ''),
    );

    const calls = step.map((operation) => this.#begin(operation));

    await withDeadline(Promise.all(calls), () => this.#note('side', 'a call never settled'));
    await this.fence();
  }

  /** Waits until the workers have said all that they had to say. */
  async fence(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      const before = this.#entries.length;

      await withDeadline(
        Promise.allSettled(
          this.#options.workers.filter(({ closed }) => !closed).map((w) => w.getResourceUsage()),
        ),
        () => this.#note('side', 'a fence never settled'),
      );
      // mediasoup emits what a notification says one turn of the event loop later.
      await turn();
      await turn();
      quiet = this.#entries.length === before ? quiet + 1 : 0;
    }
  }

  /** Getters of every object. */
  snapshot(everything: boolean): Map<string, string> {
    return new Map(
      [...this.#watched.values()].map((watched) => [
        watched.name,
        this.#fields(
          watched,
          everything
            ? Object.keys(rows[watched.kind].fields)
            : (liveFields.get(watched.kind) as string[]),
        ),
      ]),
    );
  }

  /** What the workers still hold, and that the observers of closed objects have let go. */
  async leftovers(): Promise<string> {
    const dumps = await Promise.allSettled(
      this.#options.workers.filter(({ closed }) => !closed).map((worker) => worker.dump()),
    );

    return dumps
      .map((dump) =>
        dump.status === 'fulfilled'
          ? this.#normaliser.shape(dump.value)
          : this.#normaliser.error(dump.reason, ''),
      )
      .join('; ');
  }

  /** Stops listening to objects that others will go on using. */
  end(): void {
    this.#detach.forEach((detach) => detach());
  }

  #begin(operation: Operation): Promise<void> | undefined {
    const target = this.#resolveRef(operation.on);
    const watched = this.#watched.get(target as object);

    if (!watched) {
      return undefined;
    }
    this.#during = operation.id;
    try {
      if ('call' in operation) {
        return this.#call(operation.id, watched, operation.call, operation.args);
      }
      if ('set' in operation) {
        watched.appData = this.#resolve(operation.value);
        (watched.thing as Record<string, unknown>)[operation.set] = watched.appData;
      } else if ('listen' in operation) {
        this.#listen(watched, operation.events, operation.listen);
      } else {
        return this.#kill(watched.thing as unknown as types.Worker);
      }

      return undefined;
    } finally {
      this.#during = undefined;
    }
  }

  #call(
    id: string,
    watched: Watched,
    method: string,
    args: readonly Argument[],
  ): Promise<void> | undefined {
    const { thing, kind } = watched;
    const call = `${id} ${method}`;
    const resolved = args.map((argument) => this.#resolve(argument));
    const wasClosed = thing.closed;
    let result: unknown;

    try {
      result = (thing[method] as (...given: unknown[]) => unknown)(...resolved);
    } catch (error) {
      this.#write(watched, 'result', call, `threw ${this.#normaliser.error(error, watched.name)}`);

      return undefined;
    }
    if (!(result instanceof Promise)) {
      this.#write(
        watched,
        'result',
        call,
        `returned ${this.#normaliser.text(result, watched.name)}`,
      );

      return kind === 'worker' && method === 'close' && !wasClosed
        ? subprocessGone(thing as unknown as types.Worker)
        : undefined;
    }

    return result.then(
      (value: unknown) => {
        this.#keep(id, value, (resolved[0] as { appData?: unknown } | undefined)?.appData);
        this.#write(
          watched,
          'result',
          call,
          `resolved ${measured.has(method) ? this.#normaliser.shape(value) : this.#normaliser.text(value, watched.name)}`,
        );
      },
      (error: unknown) => {
        this.#write(
          watched,
          'result',
          call,
          `rejected ${this.#normaliser.error(error, watched.name)}`,
        );
      },
    );
  }

  /** Remembers what a call created. */
  #keep(id: string, value: unknown, appData: unknown): void {
    this.#refs.set(id, value);
    if (typeof value !== 'object' || value === null) {
      return;
    }

    const created = this.#watched.get(value);

    if (created) {
      if (appData) {
        created.appData = appData;
      }
      if (this.#options.listening === 'resolved') {
        this.#listen(created, streamEvents[created.kind] ?? [], true);
      }
    }
    for (const [part, item] of Object.entries(value)) {
      if (this.#watched.has(item as object)) {
        this.#refs.set(`${id}.${part}`, item);
      }
    }
  }

  async #kill(worker: types.Worker): Promise<void> {
    if (!worker.closed) {
      const died = new Promise((resolve) => worker.once('died', resolve));

      process.kill(worker.pid, 'SIGKILL');
      await died;
    }
  }

  #resolveRef(ref: string): unknown {
    return this.#refs.get(ref) ?? this.#named.get(ref)?.thing;
  }

  #resolve(argument: Argument): unknown {
    if (isToken(argument)) {
      return this.#token(argument);
    }
    if (Array.isArray(argument)) {
      return argument.map((item: Argument) => this.#resolve(item));
    }
    if (typeof argument === 'object' && argument !== null) {
      return Object.fromEntries(
        Object.entries(argument).map(([key, value]) => [key, this.#resolve(value)]),
      );
    }

    return argument;
  }

  #token(token: Token): unknown {
    switch (token.$) {
      case 'undefined':
        return undefined;
      case 'nan':
        return NaN;
      case 'function':
        return () => undefined;
      case 'date':
        return new Date(0);
      case 'object':
        return this.#resolveRef(token.ref);
      case 'id':
        return (this.#resolveRef(token.ref) as { id?: unknown } | undefined)?.id ?? 'missing';
      case 'capabilities':
        return (this.#resolveRef(token.ref) as types.Router | undefined)?.rtpCapabilities;
      case 'port':
        return this.#options.port;
      case 'buffer':
        return Buffer.from(token.bytes);
      case 'rtp':
        return rtpPacket(token);
    }
  }

  #watch(thing: Thing, kind: EntityKind, name: string, ownerName: string | undefined): void {
    const watched: Watched = { thing, kind, name, ownerName };
    const { own, observer } = allEvents[kind];
    const streams = streamEvents[kind] ?? [];

    this.#watched.set(thing, watched);
    this.#named.set(name, watched);
    if (typeof thing['id'] === 'string') {
      this.#normaliser.nameId(thing['id'], name);
    }
    for (const event of own) {
      if (!streams.includes(event)) {
        this.#attach(watched, thing, 'own', event);
      }
    }
    for (const event of observer) {
      if (!streams.includes(event)) {
        this.#attach(watched, thing.observer, 'observer', event);
      }
    }
    if (this.#options.listening === 'announced') {
      this.#listen(watched, streams, true);
    }
    if (kind === 'producer') {
      handleRejections(thing, 'pause');
      handleRejections(thing, 'resume');
    }
  }

  #attach(watched: Watched, emitter: EventEmitter, channel: 'own' | 'observer', event: string) {
    const listener = (...args: unknown[]) => this.#heard(watched, channel, event, args);

    emitter.on(event, listener);
    this.#detach.push(() => emitter.off(event, listener));

    return listener;
  }

  readonly #streamListeners = new Map<string, () => void>();

  /** Begins or ends to listen to high-rate events. */
  #listen(watched: Watched, events: readonly string[], on: boolean): void {
    const { thing, kind, name } = watched;

    for (const event of events) {
      for (const channel of ['own', 'observer'] as const) {
        const key = `${name} ${channel} ${event}`;
        const known = this.#streamListeners.get(key);

        if (!allEvents[kind][channel].includes(event)) {
          continue;
        }
        if (on && !known) {
          const emitter = channel === 'own' ? thing : thing.observer;
          const listener = this.#attach(watched, emitter, channel, event);

          this.#streamListeners.set(key, () => void emitter.off(event, listener));
        } else if (!on && known) {
          known();
          this.#streamListeners.delete(key);
        }
      }
    }
  }

  #heard(watched: Watched, channel: 'own' | 'observer', event: string, args: unknown[]): void {
    const kindOf = announcements[event];

    if (kindOf) {
      this.#announce(watched, args[0] as Thing, kindOf);
    }
    const name = outgoingTrace(watched.kind, event, args) ?? event;

    if (!isUncompared(watched.kind, name)) {
      const comparable = event === 'rtp' ? args.map(comparableRtp) : args;

      this.#write(watched, channel, name, this.#normaliser.text(comparable, watched.name));
    }
  }

  #announce(owner: Watched, thing: Thing, kindOf: (thing: Thing) => EntityKind): void {
    if (!this.#watched.has(thing)) {
      const kind = kindOf(thing);
      const count = this.#counts.get(`${owner.name} ${kind}`) ?? 0;

      this.#counts.set(`${owner.name} ${kind}`, count + 1);
      this.#watch(thing, kind, `${owner.name}/${kind}${count}`, owner.name);
    }
  }

  #note(object: string, text: string): void {
    this.#entries.push({
      object,
      channel: 'result',
      event: 'note',
      text,
      state: '',
      cause: 'call',
      during: undefined,
      block: -1,
    });
  }

  #write(watched: Watched, channel: Entry['channel'], event: string, text: string): void {
    const cause = this.#causeOf(watched, channel, event);

    this.#entries.push({
      object: watched.name,
      channel,
      event,
      text,
      state: this.#state(watched, cause),
      cause,
      during: this.#during,
      block: this.#block,
    });
    if (!this.#blockEnds) {
      this.#blockEnds = true;
      queueMicrotask(() => {
        this.#blockEnds = false;
        this.#block += 1;
      });
    }
  }

  #causeOf({ kind, name }: Watched, channel: Entry['channel'], event: string): Entry['cause'] {
    const cause = causeOf(kind, channel, event);

    // With one call under way, that is what did it if it is a call on this object.
    return cause === 'either' && !this.#raced
      ? this.#called.has(name)
        ? 'call'
        : 'notification'
      : cause;
  }

  #state(watched: Watched, cause: Entry['cause']): string {
    if (this.#during === undefined && (cause === 'clock' || this.#raced)) {
      return '';
    }
    if (cause === 'notification' && this.#during === undefined) {
      return this.#fields(watched, notifiedFields, true);
    }

    const fields = liveFields.get(watched.kind) as string[];

    // A notification on its way next to the answer of a call comes just before it or just after.
    return this.#fields(
      watched,
      this.#during === undefined
        ? fields.filter((field) => !notifiedFields.includes(field))
        : fields,
      true,
    );
  }

  #fields(
    { thing, name, ownerName, appData }: Watched,
    fields: readonly string[],
    atEvent = false,
  ): string {
    const owner = ownerName === undefined ? undefined : this.#named.get(ownerName);
    const values = fields
      .filter((field) => field in thing)
      .filter((field) => thing.closed || !atEvent || !timedFields.has(field))
      .map((field) => `${field}=${this.#normaliser.text(thing[field], name, field)}`);

    if (appData !== undefined && thing['appData'] !== appData) {
      values.push('appData is not what was given');
    }

    return [
      `closed=${thing.closed}`,
      `owner closed=${owner?.thing.closed}`,
      ...values,
      `appData=${this.#normaliser.text(thing['appData'], name)}`,
    ].join(' ');
  }
}

/** What the worker asks of a producer's endpoint is each type on its own. */
function outgoingTrace(kind: EntityKind, event: string, [trace]: unknown[]): string | undefined {
  const { direction, type } = (
    event === 'trace' ? trace : {}
  ) as Partial<types.ProducerTraceEventData>;

  return kind === 'producer' && direction === 'out' ? `trace ${type}` : undefined;
}

function isUncompared(kind: EntityKind, event: string): boolean {
  return uncomparedEvents.some(
    (exception) => exception.event === event && (exception.kind?.test(kind) ?? true),
  );
}

function causeOf(kind: EntityKind, channel: Entry['channel'], event: string): Entry['cause'] {
  if (timedEvents.has(event)) {
    return 'clock';
  }
  if (channel === 'result') {
    return 'call';
  }
  if ((kind === 'consumer' || kind === 'dataConsumer') && eitherEvents.has(event)) {
    return 'either';
  }

  return callEvents.has(event) ? 'call' : 'notification';
}

/**
 * mediasoup's pipeToRouter() calls these on the piped producer without looking at what becomes of
 * it. If the producer closes meanwhile, that is an unhandled rejection.
 */
function handleRejections(thing: Thing, method: 'pause' | 'resume'): void {
  const original = thing[method] as () => Promise<void>;

  thing[method] = () => {
    const promise = original.call(thing);

    promise.catch(() => undefined);

    return promise;
  };
}

async function withDeadline(promise: Promise<unknown>, onMissed: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const missed = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onMissed();
      resolve();
    }, deadline);
  });

  await Promise.race([promise, missed]);
  clearTimeout(timer);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function subprocessGone(worker: types.Worker): Promise<void> {
  if (!worker.subprocessClosed) {
    await new Promise<void>((resolve) => worker.once('subprocessclose', () => resolve()));
  }
}
