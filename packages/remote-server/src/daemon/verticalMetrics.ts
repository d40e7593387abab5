import type { MediasoupVertical, RealWorkerDescription } from '@tureen/vertical';
import { Gauge, type Registry } from 'prom-client';

const prefix = 'tureen_vertical_';

/** Shows what `describe()` tells: where things are, how loaded each worker is, what is piped. */
export function watchVertical(registry: Registry, vertical: MediasoupVertical): void {
  workerGauge(registry, vertical, 'worker_cpu_percent', 'CPU measured, of one core', 'cpu');
  workerGauge(
    registry,
    vertical,
    'worker_reserved_percent',
    'CPU held for what joined lately, of one core',
    'reserved',
  );
  workerGauge(registry, vertical, 'worker_weight', 'Units of weight carried', 'weight');
  workerGauge(registry, vertical, 'worker_transports', 'Transports of applications', 'transports');
  workerGauge(registry, vertical, 'worker_producers', 'Producers of applications', 'producers');
  workerGauge(registry, vertical, 'worker_consumers', 'Consumers of applications', 'consumers');

  new Gauge({
    name: `${prefix}real_routers`,
    help: 'Real routers behind those of applications',
    registers: [registry],
    collect() {
      this.set(routersOf(vertical).flatMap(({ realRouters }) => realRouters).length);
    },
  });
  new Gauge({
    name: `${prefix}pipes`,
    help: 'Streams piped from one worker to another',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      const pipes = routersOf(vertical).flatMap((router) => router.pipes);

      for (const kind of ['media', 'data']) {
        this.set({ kind }, pipes.filter((pipe) => pipe.kind === kind).length);
      }
    },
  });
}

function routersOf(vertical: MediasoupVertical) {
  return vertical.describe().workers.flatMap(({ routers }) => routers);
}

/** One value for each real worker that runs; those that ended disappear. */
function workerGauge(
  registry: Registry,
  vertical: MediasoupVertical,
  name: string,
  help: string,
  key: keyof RealWorkerDescription & ('cpu' | 'reserved' | 'weight' | `${string}s`),
): void {
  new Gauge({
    name: `${prefix}${name}`,
    help,
    labelNames: ['pid', 'index'],
    registers: [registry],
    collect() {
      this.reset();
      for (const worker of vertical.describe().workers.flatMap((each) => each.realWorkers)) {
        if (worker.pid !== undefined) {
          this.set({ pid: worker.pid, index: worker.index }, worker[key]);
        }
      }
    },
  });
}
