// Loaded into a daemon before it starts (node --import): tells, by a socket of the file system,
// which is the same in all network namespaces, what mediasoup counts on the daemon's pipes.
// It only watches, through mediasoup's observers.
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { observer } from 'mediasoup';

const pipes = new Set();

observer.on('newworker', (worker) =>
  worker.observer.on('newrouter', (router) =>
    router.observer.on('newtransport', (transport) => {
      if (transport.type === 'pipe') watch(transport);
    }),
  ),
);

function watch(transport) {
  const pipe = { transport, producers: new Set(), consumers: new Set() };

  keep(pipes, pipe, transport);
  transport.observer.on('newproducer', (each) => keep(pipe.producers, each, each));
  transport.observer.on('newconsumer', (each) => keep(pipe.consumers, each, each));
}

function keep(all, item, entity) {
  all.add(item);
  entity.observer.once('close', () => all.delete(item));
}

/** Without what closes at this very moment. */
async function describePipes() {
  const piped = new Set([...pipes].flatMap(({ producers }) => [...producers].map(({ id }) => id)));
  const described = Array.from(pipes, async ({ transport, producers, consumers }) => ({
    from: transport.tuple.localIp,
    to: transport.tuple.remoteIp,
    srtp: transport.srtpParameters !== undefined,
    received: await streamsOf(producers),
    sent: await streamsOf(consumers),
    relayed: [...consumers].filter(({ producerId }) => piped.has(producerId)).length,
  }));

  return Promise.all(described);
}

async function streamsOf(entities) {
  const all = await Promise.allSettled(Array.from(entities, (entity) => entity.getStats()));
  const type = entities.values().next().value?.producerId ? 'outbound-rtp' : 'inbound-rtp';

  // A consumer's stats have those of its producer, too.
  return all.flatMap(({ value = [] }) => value.filter((stream) => stream.type === type));
}

const server = createServer((_, response) => {
  describePipes().then(
    (described) => response.end(JSON.stringify(described)),
    (error) => response.writeHead(500).end(String(error)),
  );
});

// That of a daemon that was killed.
rmSync(process.env.TUREEN_TEST_PIPE_STATS, { force: true });
server.listen(process.env.TUREEN_TEST_PIPE_STATS);
server.unref();
