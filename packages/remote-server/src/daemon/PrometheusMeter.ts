import type { Kind } from '@tureen/protocol';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Meter } from '../Meter.js';
import type { RemoteServer } from '../RemoteServer.js';
import type { WorkerUsage } from '../workerUsage.js';
import { Tally, Times } from './Tally.js';

const prefix = 'tureen_';
/** Seconds. A call takes well under a millisecond; what takes longer is worth telling apart. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Seconds. From the next room to the other side of the world. */
const roundTripBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Counts what a server does, for Prometheus (https://prometheus.io). */
export class PrometheusMeter implements Meter {
  readonly registry = new Registry();
  readonly #calls = this.#tally('calls_total', 'Calls answered', ['object', 'method', 'outcome']);
  readonly #latency = new Times({
    name: `${prefix}call_seconds`,
    help: 'Time from the arrival of a call to its answer',
    labelNames: ['object', 'method'],
    buckets,
    registry: this.registry,
  });
  readonly #events = this.#tally('events_total', 'Events sent', ['object', 'event']);
  readonly #dropped = this.#tally('events_dropped_total', 'Lossy events not sent', [
    'object',
    'event',
  ]);
  readonly #resumes = this.#counter('resumes_total', 'Sessions continued on a new connection');
  readonly #refusals = this.#counter('refusals_total', 'Clients refused before they had a session');
  readonly #roundTrips = new Histogram({
    name: `${prefix}round_trip_seconds`,
    help: 'Time from a ping to a client to its answer',
    buckets: roundTripBuckets,
    registers: [this.registry],
  });
  readonly #bytes = this.#tally('bytes_total', 'Bytes of frames', ['direction']);

  constructor() {
    // Process CPU and memory, and the lag of the event loop.
    collectDefaultMetrics({ register: this.registry });
  }

  called(kind: Kind, method: string, failed: boolean, seconds: number): void {
    this.#calls.add(1, kind, method, failed ? 'failed' : 'done');
    this.#latency.observe(seconds, kind, method);
  }

  told(kind: Kind, event: string): void {
    this.#events.add(1, kind, event);
  }

  dropped(kind: Kind, event: string): void {
    this.#dropped.add(1, kind, event);
  }

  resumed(): void {
    this.#resumes.inc();
  }

  refused(): void {
    this.#refusals.inc();
  }

  bytes(direction: 'in' | 'out', count: number): void {
    this.#bytes.add(count, direction);
  }

  /** A client answered a ping. */
  roundTrip(seconds: number): void {
    this.#roundTrips.observe(seconds);
  }

  /** Shows the server's state whenever somebody looks. */
  watch(server: RemoteServer): void {
    this.#gauge('sessions', 'Sessions', () => server.state.sessions);
    this.#gauge('sessions_detached', 'Sessions without a connection', () => server.state.detached);
    this.#gauge('calls_in_flight', 'Calls not answered yet', () => server.state.callsInFlight);
    this.#gauge('held_bytes', 'Memory that sessions take, by estimate', () => server.state.bytes);
    this.#gauge(
      'outbox_frames',
      'Frames that clients have not acknowledged',
      () => server.state.unacknowledged,
    );
    this.#gauge('draining', '1 while no new workers are taken', () =>
      server.state.draining ? 1 : 0,
    );
    this.#objects(server);
    this.#workers(server);
  }

  #objects(server: RemoteServer): void {
    new Gauge({
      name: `${prefix}objects`,
      help: 'mediasoup objects by kind',
      labelNames: ['object'],
      registers: [this.registry],
      collect() {
        for (const [kind, count] of Object.entries(server.state.objects)) {
          this.set({ object: kind }, count);
        }
      },
    });
  }

  #workers(server: RemoteServer): void {
    let asked: Promise<WorkerUsage[]> | undefined;
    /** Asks the workers once for both figures of a look. */
    const usage = () =>
      (asked ??= server.workerUsage().finally(() => {
        asked = undefined;
      }));
    const gauge = (name: string, help: string, value: (usage: WorkerUsage) => number) =>
      new Gauge({
        name: `${prefix}${name}`,
        help,
        labelNames: ['pid'],
        registers: [this.registry],
        async collect() {
          const each = await usage();

          this.reset();
          each.forEach((worker) => this.set({ pid: worker.pid }, value(worker)));
        },
      });

    gauge('worker_cpu_seconds', 'CPU time of a worker process', ({ cpuSeconds }) => cpuSeconds);
    gauge(
      'worker_max_resident_bytes',
      'Largest resident memory of a worker process so far',
      ({ maxResidentBytes }) => maxResidentBytes,
    );
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `${prefix}${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name: `${prefix}${name}`, help, registers: [this.registry] });
  }

  #tally(name: string, help: string, labelNames: readonly string[]): Tally {
    return new Tally({ name: `${prefix}${name}`, help, labelNames, registry: this.registry });
  }
}
