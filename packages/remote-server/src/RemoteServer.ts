import {
  LimitExceededError,
  type Kind,
  type Link,
  type LogLevel,
  type ServerTopology,
} from '@tureen/protocol';
import type { types } from 'mediasoup';

import { ListenAddresses, type ListenAddressOptions } from './ListenAddresses.js';
import { defaultLimits, type Limits } from './limits.js';
import { silentLogger, type Logger } from './Logger.js';
import { silentMeter, type Meter, type ServerState } from './Meter.js';
import { OwnStats } from './OwnStats.js';
import { Reception } from './Reception.js';
import { Session } from './Session.js';
import { stateOf, workerOf } from './serverState.js';
import { SessionTable } from './SessionTable.js';
import {
  localDescription,
  Topologist,
  type DescribeOptions,
  type ServedDescription,
} from './Topologist.js';
import type { RealObject } from './Tracked.js';
import { usageOf, type WorkerUsage } from './workerUsage.js';
import { killProcess } from './workerProcess.js';
import type { AllowedWorkerSettings } from './workerSettings.js';

export interface RemoteServerOptions extends ListenAddressOptions {
  /** What is served: the mediasoup module, or anything of the same shape. */
  mediasoup: types.Index;
  /** Answers clients' getStats(). Default: usage of this host, of this process and of its workers. */
  getStats?: (state: { draining: boolean }) => Promise<unknown>;
  /**
   * What to tell of what is served besides its sessions, if anybody asks for the topology. Default:
   * that it is local, with the load of this host.
   */
  describe?: (options: DescribeOptions) => Promise<ServedDescription>;
  /**
   * Workers are processes of other machines, as behind a client: nothing is done here by their pids.
   * Default false.
   */
  workersElsewhere?: boolean;
  /** Values of dangerous worker settings that clients may use, besides mediasoup's workerBin. */
  allowedWorkerSettings?: AllowedWorkerSettings;
  /** Send errors with their stacks, which tell paths of this machine. Default false. */
  sendFullErrors?: boolean;
  /** Bytes waiting for a client from which on RTP, RTCP and trace events are dropped. Default 8 MiB. */
  lossyBacklog?: number;
  /**
   * Bytes that may wait for a client's acknowledgement; beyond that its session ends. Default
   * 64 MiB: the answers to all the calls that may be under way, and then some.
   */
  retention?: number;
  /**
   * Milliseconds that a session outlives its connection, waiting for its client to come back;
   * meanwhile nothing closes and media flows. Default 30000.
   */
  resumeWindow?: number;
  /** Milliseconds that a client may take to say hello. Default 10000. */
  handshakeTimeout?: number;
  /** Limits that differ from the defaults. */
  limits?: Partial<Limits>;
  /** Hears what the server does. Default: nobody. */
  meter?: Meter;
  /** Default: none. */
  logger?: Logger;
}

/** `[pid:123] text`, as mediasoup writes what its workers log. */
const workerLogLine = /^\[pid:(\d+)\] /;

/**
 * Serves one mediasoup object to any number of clients, each in a session of its own. Knows
 * nothing of networks: links come from a {@link WebSocketListener}, or from memory.
 */
export class RemoteServer {
  readonly #sessions = new SessionTable();
  readonly #reception: Reception;
  readonly #resumeWindow: number;
  readonly #options: RemoteServerOptions;
  readonly #logger: Logger;
  readonly #listenAddresses: ListenAddresses;
  /** Sessions that have ended but whose workers may not have. */
  readonly #ending = new Map<Session, Promise<void>>();
  readonly #limits: Limits;
  readonly #meter: Meter;
  #closed = false;
  #draining = false;
  /** Of this host, unless whoever made the server tells what there is to tell. */
  readonly #stats: OwnStats | undefined;
  readonly #topology: Topologist;
  /** Called when the last worker has gone while draining. */
  #drained: (() => void) | undefined;

  constructor(options: RemoteServerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#listenAddresses = new ListenAddresses(options, this.#logger);
    this.#resumeWindow = options.resumeWindow ?? 30_000;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#meter = options.meter ?? silentMeter;

    const { mediasoup, getStats, describe } = options;

    this.#stats = getStats && describe ? undefined : new OwnStats(mediasoup);
    this.#topology = new Topologist({
      mediasoup: mediasoup.version,
      describe: describe ?? localDescription(() => (this.#stats as OwnStats).get()),
      sessions: () => this.#sessions.sessions(),
      draining: () => this.#draining,
    });
    this.#reception = new Reception({
      mediasoup: options.mediasoup,
      handshakeTimeout: options.handshakeTimeout ?? 10_000,
      resumeWindow: this.#resumeWindow,
      logger: this.#logger,
      find: ({ resume }) => resume && this.#sessions.find(resume),
      meter: this.#meter,
      begin: () => {
        if (this.#sessions.size >= this.#limits.sessions) {
          throw new LimitExceededError(`this server has ${this.#limits.sessions} sessions`);
        }

        const session = this.#makeSession();

        return { session, key: this.#sessions.add(session) };
      },
    });
  }

  /** Sessions that are there now. */
  get sessions(): number {
    return this.#sessions.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get state(): ServerState {
    return stateOf(this.#sessions.sessions(), this.#draining);
  }

  /** The real objects of these kinds, of all sessions. */
  *objects(kinds: ReadonlySet<Kind>): Iterable<RealObject> {
    for (const session of this.#sessions.sessions()) {
      for (const { real } of session.objects(kinds)) {
        yield real;
      }
    }
  }

  /** CPU and memory of the worker processes of this host that answer. */
  async workerUsage(): Promise<WorkerUsage[]> {
    if (this.#options.workersElsewhere) {
      return [];
    }

    const asked = this.#sessions.sessions().flatMap((session) => session.workers.map(usageOf));
    const usage = await Promise.all(asked);

    return usage.filter((each) => each !== undefined);
  }

  /**
   * What is served, in figures, with all that is behind it.
   *
   * @param timeout - Milliseconds that servers behind this one have to answer. Default 4000.
   */
  topology(timeout?: number): Promise<ServerTopology> {
    return this.#topology.get(timeout);
  }

  /** Takes no new workers from now on. Resolves when there are none any more. */
  drain(): Promise<void> {
    this.#draining = true;

    return new Promise((resolve) => {
      this.#drained = resolve;
      this.#checkDrained();
    });
  }

  /** Takes workers again. A promise of {@link drain} that has not resolved never will. */
  undrain(): void {
    this.#draining = false;
    this.#drained = undefined;
  }

  /** Serves whoever is at the other end of the link, in a new session or in one of before. */
  accept(link: Link): void {
    if (this.#closed) {
      link.close('server is closed');
    } else {
      this.#reception.accept(link);
    }
  }

  /**
   * Passes what mediasoup logs of its workers on to the clients that own them. mediasoup has one
   * set of log listeners per process: call this only where nobody else needs them.
   */
  forwardWorkerLogs(): void {
    const forward = (level: LogLevel) => (namespace: string, text: string) => {
      // mediasoup logs each call, too: most lines are not of a worker.
      const pid = text.startsWith('[') ? Number(workerLogLine.exec(text)?.[1]) : 0;
      const worker = pid ? workerOf(this.#sessions.sessions(), pid) : undefined;

      if (worker) {
        this.forwardWorkerLog(worker, { level, namespace, text });
      }
    };

    this.#options.mediasoup.setLogEventListeners({
      ondebug: forward('debug'),
      onwarn: forward('warn'),
      onerror: forward('error'),
    });
  }

  /** Passes a line that a worker logged on to the client that owns it, if any does. */
  forwardWorkerLog(
    worker: object,
    { level, namespace, text }: { level: LogLevel; namespace: string; text: string },
  ): void {
    this.#sessions
      .sessions()
      .find((session) => session.workers.includes(worker as RealObject))
      ?.log(level, namespace, text, worker);
  }

  /** Ends every session. Resolves when the last worker process has gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#reception.close('server is closing');
    for (const session of this.#sessions.sessions()) {
      session.close('server is closing');
    }
    await Promise.all(this.#ending.values());
    this.#stats?.close();
  }

  /** Kills the worker processes that were told to go and have not: they may hang. */
  killWorkers(): void {
    for (const session of [...this.#sessions.sessions(), ...this.#ending.keys()]) {
      session.workers.forEach(killProcess);
    }
  }

  #makeSession(): Session {
    const { mediasoup, getStats, allowedWorkerSettings, sendFullErrors, lossyBacklog, retention } =
      this.#options;

    const ownStats = async () => ({ ...(await this.#stats?.get()), draining: this.#draining });
    const session: Session = new Session({
      mediasoup,
      getStats: getStats ? () => getStats({ draining: this.#draining }) : ownStats,
      getTopology: (timeout) => this.#topology.get(timeout, session),
      workersElsewhere: this.#options.workersElsewhere ?? false,
      allowedWorkerSettings: {
        ...allowedWorkerSettings,
        workerBin: [mediasoup.workerBin, ...(allowedWorkerSettings?.workerBin ?? [])],
      },
      listenAddresses: this.#listenAddresses,
      sendFullErrors: sendFullErrors ?? false,
      resumeWindow: this.#resumeWindow,
      lossyBacklog: lossyBacklog ?? 8 * 1024 * 1024,
      retention: retention ?? 64 * 1024 * 1024,
      limits: this.#limits,
      meter: this.#meter,
      draining: () => this.#draining,
      onWorkerGone: () => this.#checkDrained(),
      logger: this.#logger,
      onEnd: (session) => this.#ended(session),
    });

    return session;
  }

  #checkDrained(): void {
    const idle = this.#sessions
      .sessions()
      .every((session) => session.count('worker') + session.comingWorkers === 0);

    if (idle) {
      this.#drained?.();
    }
  }

  #ended(session: Session): void {
    const gone = session.workersGone().finally(() => this.#ending.delete(session));

    this.#sessions.delete(session);
    this.#ending.set(session, gone);
    this.#checkDrained();
  }
}
