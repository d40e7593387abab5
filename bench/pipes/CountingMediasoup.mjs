// The shape of mediasoup without any media: for counting what is created in rooms that would need
// more cores than there are. What it does not need it does not have.
import { EventEmitter } from 'node:events';

let ids = 0;
const newId = (kind) => `${kind}-${++ids}`;

class Emitter extends EventEmitter {
  constructor() {
    super();
    this.setMaxListeners(Infinity);
  }

  safeEmit(...args) {
    return this.emit(...args);
  }
}

class Entity extends Emitter {
  closed = false;
  observer = new Emitter();

  constructor(kind, appData = {}) {
    super();
    this.id = newId(kind);
    this.appData = appData;
  }

  /** @param {string} [cause] - The event by which the entity tells that it was closed for it. */
  end(cause) {
    if (this.closed) return;
    this.closed = true;
    this.onEnd?.();
    if (cause) this.emit(cause);
    this.observer.emit('close');
  }

  close() {
    this.end();
  }
}

class Stream extends Entity {
  paused = false;
  score = [];
  rtpParameters = { encodings: [{ ssrc: 1 }] };
  consumableRtpParameters = { encodings: [{ ssrc: 1 }] };

  async pause() {
    this.paused = true;
    this.observer.emit('pause');
  }

  async resume() {
    this.paused = false;
    this.observer.emit('resume');
  }
}

class Transport extends Entity {
  tuple = { localAddress: '127.0.0.1', localPort: ++ids };
  sctpState = 'connected';
  producers = new Set();
  consumers = new Set();

  constructor(type, router, appData) {
    super('transport', appData);
    this.type = type;
    this.router = router;
  }

  async connect({ port }) {
    this.tuple.remotePort = port;
  }

  async produce({ id, kind, appData }) {
    const producer = new Stream('producer', appData);

    producer.id = id ?? producer.id;
    if (this.router.producers.has(producer.id)) throw new Error(`${producer.id} is there already`);
    producer.kind = kind;
    producer.consumers = new Set();
    producer.onEnd = () => {
      this.producers.delete(producer);
      this.router.producers.delete(producer.id);
      for (const consumer of [...producer.consumers]) consumer.end('producerclose');
    };
    this.producers.add(producer);
    this.router.producers.set(producer.id, producer);
    this.observer.emit('newproducer', producer);

    return producer;
  }

  async consume({ producerId, appData }) {
    const producer = this.router.producers.get(producerId);

    if (!producer) throw new Error(`Producer with id "${producerId}" not found`);

    const consumer = new Stream('consumer', appData);

    Object.assign(consumer, { producerId, kind: producer.kind, score: { score: 10 } });
    consumer.type = this.type === 'pipe' ? 'pipe' : 'simple';
    consumer.getStats = async () => [];
    consumer.dump = async () => ({});
    consumer.onEnd = () => {
      producer.consumers.delete(consumer);
      this.consumers.delete(consumer);
    };
    producer.consumers.add(consumer);
    this.consumers.add(consumer);
    this.observer.emit('newconsumer', consumer);

    return consumer;
  }

  async produceData() {
    throw new Error('there are no messages here');
  }

  async consumeData() {
    throw new Error('there are no messages here');
  }

  routerClosed() {
    this.end('routerclose');
  }

  onEnd() {
    this.router.transports.delete(this);
    for (const stream of [...this.producers, ...this.consumers]) stream.end('transportclose');
  }
}

class Router extends Entity {
  transports = new Set();
  producers = new Map();
  rtpCapabilities = {};

  constructor(worker, appData) {
    super('router', appData);
    this.worker = worker;
  }

  async #create(type, { appData } = {}) {
    const transport = new Transport(type, this, appData);

    this.transports.add(transport);
    this.observer.emit('newtransport', transport);

    return transport;
  }

  createPipeTransport = (options) => this.#create('pipe', options);
  createDirectTransport = (options) => this.#create('direct', options);

  onEnd() {
    for (const transport of [...this.transports]) transport.routerClosed();
    this.worker.routers.delete(this);
  }
}

class Worker extends Entity {
  routers = new Set();
  pid = ++ids;
  died = false;
  subprocessClosed = false;

  async createRouter({ appData } = {}) {
    const router = new Router(this, appData);

    this.routers.add(router);
    this.observer.emit('newrouter', router);

    return router;
  }

  async getResourceUsage() {
    return { ru_utime: 0, ru_stime: 0, ru_maxrss: 0 };
  }

  onEnd() {
    for (const router of [...this.routers]) router.end('workerclose');
    this.subprocessClosed = true;
    this.emit('subprocessclose');
  }
}

export class CountingMediasoup {
  observer = new Emitter();
  workers = new Set();

  /** @param {string[]} [hosts] - On which the workers are, one after the other. Default: on one. */
  constructor(hosts = []) {
    this.hosts = hosts;
    this.started = 0;
  }

  createWorker = async ({ appData } = {}) => {
    const worker = new Worker('worker', appData);

    worker.host = this.hosts[this.started % this.hosts.length];
    this.started += 1;
    if (worker.host !== undefined) {
      const host = { id: worker.host, pipeAddress: { ip: '127.0.0.1' } };

      // As managers of several hosts do it.
      Object.defineProperty(worker, Symbol.for('tureen.host'), { value: host });
    }

    this.workers.add(worker);
    worker.observer.once('close', () => this.workers.delete(worker));
    this.observer.emit('newworker', worker);

    return worker;
  };

  get transports() {
    return [...this.workers]
      .flatMap(({ routers }) => [...routers])
      .flatMap(({ transports }) => [...transports]);
  }

  /** What is piped, and the least that could be: for each producer the workers it is watched on. */
  count() {
    const pipes = this.transports.filter(({ type }) => type === 'pipe');
    const ends = this.transports.filter(({ type }) => type !== 'pipe');
    const homes = new Map(
      ends.flatMap(({ producers, router }) => [...producers].map(({ id }) => [id, router.worker])),
    );
    const watched = new Set(
      ends.flatMap(({ consumers, router }) =>
        [...consumers]
          .filter(({ producerId }) => homes.get(producerId) !== router.worker)
          .map(({ producerId }) => `${producerId} on ${router.worker.pid}`),
      ),
    );

    const byPort = new Map(pipes.map((pipe) => [pipe.tuple.localPort, pipe]));
    const copies = pipes.flatMap((pipe) =>
      [...pipe.consumers].map(({ producerId }) => ({
        producerId,
        from: pipe.router.worker,
        to: byPort.get(pipe.tuple.remotePort).router.worker,
      })),
    );
    const isFurtherCopied = ({ producerId, to }) =>
      copies.some((other) => other.from === to && other.producerId === producerId);
    const relays = copies.filter(
      (copy) => !watched.has(`${copy.producerId} on ${copy.to.pid}`) && isFurtherCopied(copy),
    );
    const crossing = new Set(
      ends.flatMap(({ consumers, router }) =>
        [...consumers]
          .filter(({ producerId }) => homes.get(producerId).host !== router.worker.host)
          .map(({ producerId }) => `${producerId} on ${router.worker.host}`),
      ),
    );

    return {
      crossings: copies.filter(({ from, to }) => from.host !== to.host).length,
      leastCrossings: crossing.size,
      relays: relays.map(({ producerId, to }) => `${producerId} on ${to.host}`),
      relaysAtHome: relays.filter(({ producerId, to }) => homes.get(producerId).host === to.host)
        .length,
      workers: this.workers.size,
      pipeConsumers: pipes.reduce((sum, { consumers }) => sum + consumers.size, 0),
      pipeTransports: pipes.length,
      least: watched.size,
      producers: homes.size,
      consumers: ends.reduce((sum, { consumers }) => sum + consumers.size, 0),
    };
  }
}
