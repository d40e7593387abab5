import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { FrameCounter } from './FrameCounter.mjs';

/**
 * Stands between a client and a server: counts what passes, and may hold everything back for a
 * while, which makes round trips visible however slow the machine is.
 */
export class Proxy {
  /** The latest connection's counters. */
  up = new FrameCounter();
  down = new FrameCounter();
  #server;
  #target;
  #delay;
  #passedAt = performance.now();
  #sockets = new Set();

  /** @param delay Milliseconds that each direction takes. */
  static async start(url, { delay = 0 } = {}) {
    const proxy = new Proxy(new URL(url), delay);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  constructor(target, delay) {
    this.#target = target;
    this.#delay = delay;
    this.#server = createServer((client) => this.#serve(client));
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}`;
  }

  /** What has passed so far. */
  count() {
    const { up, down } = this;
    return {
      up: up.data.bytes,
      down: down.data.bytes,
      framesUp: up.data.frames,
      framesDown: down.data.frames,
      controlUp: up.control.frames,
      controlDown: down.control.frames,
    };
  }

  /** Resolves when no message has passed for so many milliseconds. */
  async quiet(milliseconds = 50) {
    // What has just been said may not have left yet.
    this.#passedAt = performance.now();
    for (;;) {
      const left = this.#passedAt + milliseconds - performance.now();
      if (left <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, left));
    }
  }

  /** Breaks every connection; new ones can be made at once. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  close() {
    this.#server.close();
    this.cut();
  }

  #serve(client) {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    this.up = new FrameCounter();
    this.down = new FrameCounter();
    this.#pass(client, server, this.up);
    this.#pass(server, client, this.down);
  }

  #pass(from, to, counter) {
    const write = this.#delay > 0 ? delayed(to, this.#delay) : (chunk) => to.write(chunk);
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      const { frames } = counter.data;
      counter.push(chunk);
      // Pings say nothing about whether a call is over.
      if (counter.data.frames > frames) this.#passedAt = performance.now();
      write(chunk);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}

/** First in, first out, each chunk that much later. */
function delayed(to, delay) {
  const queue = [];
  const forward = () => {
    // Timers may come a fraction of a millisecond early.
    while (queue.length > 0 && queue[0].due <= performance.now() + 0.3) {
      to.write(queue.shift().chunk);
    }
    if (queue.length > 0) setTimeout(forward, Math.max(0, queue[0].due - performance.now()));
  };
  return (chunk) => {
    queue.push({ chunk, due: performance.now() + delay });
    if (queue.length === 1) setTimeout(forward, delay);
  };
}
