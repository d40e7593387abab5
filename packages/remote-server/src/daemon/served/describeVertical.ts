import type { PipeTopology, RealWorkerTopology, VerticalTopology } from '@tureen/protocol';
import type { MediasoupVertical } from '@tureen/vertical';

type VirtualWorker = ReturnType<MediasoupVertical['describe']>['workers'][number];
type RealWorker = VirtualWorker['realWorkers'][number];

/** What is behind each worker, in figures: of what `describe()` tells, nothing by its id. */
export function describeVertical(vertical: MediasoupVertical): VerticalTopology[] {
  return vertical.describe().workers.map((worker) => ({
    pid: worker.pid,
    routers: worker.routers.length,
    realRouters: worker.routers.flatMap(({ realRouters }) => realRouters).length,
    realWorkers: worker.realWorkers.map(realWorkerOf),
    pipes: pipesOf(worker),
  }));
}

function realWorkerOf(worker: RealWorker): RealWorkerTopology {
  const { index, pid, host, state, cpu, reserved, transports, producers, consumers } = worker;

  return {
    index,
    ...(pid !== undefined && { pid }),
    ...(host !== undefined && { host }),
    ...{ state, cpu, reserved, transports, producers, consumers },
  };
}

function pipesOf({ routers }: VirtualWorker): PipeTopology[] {
  const pipes = new Map<string, PipeTopology>();

  for (const { kind, from, to, fromHost, toHost } of routers.flatMap((router) => router.pipes)) {
    const key = `${kind} ${from} ${to}`;
    const crosses = fromHost !== toHost;
    const pipe = pipes.get(key) ?? { kind, from, to, crosses, streams: 0 };

    pipe.streams += 1;
    pipes.set(key, pipe);
  }

  return [...pipes.values()];
}
