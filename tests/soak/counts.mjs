// What an application has open, and what daemons say they have.

/**
 * Counts what comes into being and what closes, by mediasoup's observers.
 *
 * @returns An object that always tells how many of each kind are open now.
 */
export function countOpen(mediasoup) {
  const open = { workers: 0, routers: 0, transports: 0, producers: 0, consumers: 0, observers: 0 };
  const follow = (kind, object, children = {}) => {
    open[kind] += 1;
    object.observer.once('close', () => (open[kind] -= 1));
    for (const [event, listener] of Object.entries(children)) object.observer.on(event, listener);
  };
  const stream = (kind) => (object) => follow(kind, object);
  const transport = (object) =>
    follow('transports', object, {
      newproducer: stream('producers'),
      newdataproducer: stream('producers'),
      newconsumer: stream('consumers'),
      newdataconsumer: stream('consumers'),
    });
  const router = (object) =>
    follow('routers', object, { newtransport: transport, newrtpobserver: stream('observers') });

  mediasoup.observer.on('newworker', (worker) => follow('workers', worker, { newrouter: router }));

  return open;
}

const kinds = ['workers', 'routers', 'transports', 'pipes', 'producers', 'consumers'];

/**
 * Counts of all levels of daemons, as a client's getTopology() tells them.
 *
 * @returns A list of `[name, counts]`, the daemon that was asked first.
 */
export function countsOfLevels(topology) {
  const name = topology.upstreams ? 'cluster' : 'daemon';
  const upstreams = (topology.upstreams ?? []).map(({ topology: its }, index) => [
    `upstream ${index + 1}`,
    its ? countsOf(its) : { 'missing answers': 1 },
  ]);

  return [[name, countsOf(topology)], ...upstreams];
}

function countsOf({ sessions, behind = [] }) {
  const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);
  const counts = Object.fromEntries(kinds.map((kind) => [kind, sum(sessions, (it) => it[kind])]));

  return {
    ...counts,
    ...(behind.length > 0 && {
      'real routers': sum(behind, ({ realRouters }) => realRouters),
      'piped streams': sum(behind, ({ pipes }) => sum(pipes, ({ streams }) => streams)),
    }),
  };
}

/**
 * @param kept - Kinds that may be there still.
 * @returns What is left in words, such as `upstream 1: 3 consumers`.
 */
export function left(levels, kept = []) {
  return levels.flatMap(([name, counts]) =>
    Object.entries(counts)
      .filter(([kind, count]) => count > 0 && !kept.includes(kind))
      .map(([kind, count]) => `${name}: ${count} ${kind}`),
  );
}
