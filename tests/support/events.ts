import { setImmediate } from 'node:timers/promises';
import type { extras, types } from 'mediasoup';
import { vi } from 'vitest';

/** How long to wait for what must happen, in milliseconds. Never a measure of speed. */
export const DEADLINE = 20_000;

type Emitter<Events extends Record<string, unknown[]>> = extras.EnhancedEventEmitter<Events>;

/**
 * Waits for an event, with the arguments that are wanted, and gives its arguments. TypeScript
 * cannot tell the events of an entity; where their types matter they are given.
 */
export function nextEvent<
  Events extends Record<string, unknown[]>,
  Name extends keyof Events & string,
>(
  emitter: Emitter<Events>,
  name: Name,
  isWanted: (...args: Events[Name]) => boolean = () => true,
): Promise<Events[Name]> {
  return new Promise((resolve, reject) => {
    const listener = (...args: Events[Name]): void => {
      if (!isWanted(...args)) return;
      end();
      resolve(args);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`no "${name}" event within ${DEADLINE} ms`));
    }, DEADLINE);
    const end = (): void => {
      clearTimeout(timer);
      emitter.off(name, listener as never);
    };

    emitter.on(name, listener as never);
  });
}

/** Waits for a condition that no event announces, such as the arrival of a packet. */
export async function until(
  what: string,
  condition: () => unknown,
  deadline = DEADLINE,
): Promise<void> {
  await vi
    .waitUntil(condition, { timeout: deadline, interval: 5 })
    .catch((cause: unknown) =>
      Promise.reject(new Error(`not within ${deadline} ms: ${what}`, { cause })),
    );
}

/**
 * Lets the app hear what was told before the last answer: mediasoup delivers events a turn of the
 * event loop later than answers.
 */
export const delivered = (): Promise<void> => setImmediate();

/** Keeps the arguments of every occurrence of an event. */
export function recordEvents<
  Events extends Record<string, unknown[]>,
  Name extends keyof Events & string,
>(emitter: Emitter<Events>, name: Name): Events[Name][] {
  const recorded: Events[Name][] = [];

  emitter.on(name, ((...args: Events[Name]) => recorded.push(args)) as never);

  return recorded;
}

type PublicName<Events> = Exclude<keyof Events & string, `@${string}`>;

/** Complete by type: an event that mediasoup adds is a compile error until it is here. */
const names = <Events>(all: Record<PublicName<Events>, 1>): string[] => Object.keys(all);

const transport = { routerclose: 1, listenserverclose: 1, trace: 1 } as const;
const transportObserver = {
  close: 1,
  newproducer: 1,
  newconsumer: 1,
  newdataproducer: 1,
  newdataconsumer: 1,
  trace: 1,
} as const;
const iceEvents = { icestatechange: 1, iceselectedtuplechange: 1, dtlsstatechange: 1 } as const;
const sctp = { sctpstatechange: 1 } as const;
const tuples = { tuple: 1, rtcptuple: 1 } as const;
const pausing = { close: 1, pause: 1, resume: 1 } as const;
const rtpObserver = { routerclose: 1 } as const;
const rtpObserverObserver = { ...pausing, addproducer: 1, removeproducer: 1 } as const;

/** Every public event of every entity: its own ones and those of its observer. */
export const allEvents = {
  worker: {
    own: names<types.WorkerEvents>({ died: 1, subprocessclose: 1 }),
    observer: names<types.WorkerObserverEvents>({ close: 1, newwebrtcserver: 1, newrouter: 1 }),
  },
  webRtcServer: {
    own: names<types.WebRtcServerEvents>({ workerclose: 1 }),
    observer: names<types.WebRtcServerObserverEvents>({
      close: 1,
      webrtctransporthandled: 1,
      webrtctransportunhandled: 1,
    }),
  },
  router: {
    own: names<types.RouterEvents>({ workerclose: 1 }),
    observer: names<types.RouterObserverEvents>({ close: 1, newtransport: 1, newrtpobserver: 1 }),
  },
  webRtcTransport: {
    own: names<types.WebRtcTransportEvents>({ ...transport, ...iceEvents, ...sctp }),
    observer: names<types.WebRtcTransportObserverEvents>({
      ...transportObserver,
      ...iceEvents,
      ...sctp,
    }),
  },
  plainTransport: {
    own: names<types.PlainTransportEvents>({ ...transport, ...tuples, ...sctp }),
    observer: names<types.PlainTransportObserverEvents>({
      ...transportObserver,
      ...tuples,
      ...sctp,
    }),
  },
  pipeTransport: {
    own: names<types.PipeTransportEvents>({ ...transport, ...sctp }),
    observer: names<types.PipeTransportObserverEvents>({ ...transportObserver, ...sctp }),
  },
  directTransport: {
    own: names<types.DirectTransportEvents>({ ...transport, rtcp: 1 }),
    observer: names<types.DirectTransportObserverEvents>({ ...transportObserver, rtcp: 1 }),
  },
  producer: {
    own: names<types.ProducerEvents>({
      transportclose: 1,
      score: 1,
      videoorientationchange: 1,
      trace: 1,
    }),
    observer: names<types.ProducerObserverEvents>({
      ...pausing,
      score: 1,
      videoorientationchange: 1,
      trace: 1,
    }),
  },
  consumer: {
    own: names<types.ConsumerEvents>({
      transportclose: 1,
      producerclose: 1,
      producerpause: 1,
      producerresume: 1,
      score: 1,
      layerschange: 1,
      trace: 1,
      rtp: 1,
    }),
    observer: names<types.ConsumerObserverEvents>({
      ...pausing,
      score: 1,
      layerschange: 1,
      trace: 1,
    }),
  },
  dataProducer: {
    own: names<types.DataProducerEvents>({ transportclose: 1 }),
    observer: names<types.DataProducerObserverEvents>(pausing),
  },
  dataConsumer: {
    own: names<types.DataConsumerEvents>({
      transportclose: 1,
      dataproducerclose: 1,
      dataproducerpause: 1,
      dataproducerresume: 1,
      message: 1,
      sctpsendbufferfull: 1,
      bufferedamountlow: 1,
    }),
    observer: names<types.DataConsumerObserverEvents>(pausing),
  },
  audioLevelObserver: {
    own: names<types.AudioLevelObserverEvents>({ ...rtpObserver, volumes: 1, silence: 1 }),
    observer: names<types.AudioLevelObserverObserverEvents>({
      ...rtpObserverObserver,
      volumes: 1,
      silence: 1,
    }),
  },
  activeSpeakerObserver: {
    own: names<types.ActiveSpeakerObserverEvents>({ ...rtpObserver, dominantspeaker: 1 }),
    observer: names<types.ActiveSpeakerObserverObserverEvents>({
      ...rtpObserverObserver,
      dominantspeaker: 1,
    }),
  },
};

export type EntityKind = keyof typeof allEvents;

interface Listenable {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
}

interface Entity extends Listenable {
  closed: boolean;
  observer: Listenable;
}

/** One chronicle of everything that many objects emit. */
export class EventLog {
  readonly lines: string[] = [];
  readonly #without: readonly string[];

  /** @param without - Events that are left out, as they come when time has passed. */
  constructor({ without = [] }: { without?: readonly string[] } = {}) {
    this.#without = without;
  }

  /**
   * Writes down every public event of an entity and of its observer, with what `state` says at
   * that very moment (default: whether it is closed).
   */
  watch(
    name: string,
    kind: EntityKind,
    entity: unknown,
    state: () => string = () => ((entity as Entity).closed ? 'closed' : 'open'),
  ): void {
    const { own, observer } = allEvents[kind];
    const { on, observer: itsObserver } = entity as Entity;
    const wanted = (event: string) => !this.#without.includes(event);

    for (const event of own.filter(wanted)) {
      on.call(entity, event, () => this.lines.push(`${name} ${event} [${state()}]`));
    }
    for (const event of observer.filter(wanted)) {
      itsObserver.on(event, () => this.lines.push(`${name}.observer ${event} [${state()}]`));
    }
  }

  note(line: string): void {
    this.lines.push(line);
  }
}
