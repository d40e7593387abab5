import type { types } from 'mediasoup';
import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * Counts the worker processes themselves, whoever they belong to: where there are some and no
 * worker is in `tureen_objects`, they have leaked.
 */
export function watchWorkers(registry: Registry, observer: types.Observer): void {
  const processes = new Gauge({
    name: 'tureen_worker_processes',
    help: 'Worker processes of this daemon that have not gone',
    registers: [registry],
  });
  const deaths = new Counter({
    name: 'tureen_worker_deaths_total',
    help: 'Worker processes that ended though nobody had closed them',
    registers: [registry],
  });

  observer.on('newworker', (worker) => {
    processes.inc();
    worker.once('subprocessclose', () => processes.dec());
    worker.once('died', () => deaths.inc());
  });
}
