// People who come and go in one room, by chance but the same for the same seed.
import { setImmediate } from 'node:timers/promises';

/**
 * @param {object} options
 * @param {object} options.router - Of a mediasoup with direct transports.
 * @param {{ below(limit: number): number }} options.random
 * @param {number} options.peers - How many are in the room when it is full.
 * @param {number} [options.watches] - How many others anybody watches at most. Default: all.
 */
export class RoomTraffic {
  #peers = [];

  constructor({ router, random, peers, watches = Infinity, produce, consume }) {
    Object.assign(this, { router, random, full: peers, watches, produce, consume });
  }

  get size() {
    return this.#peers.length;
  }

  async fill() {
    while (this.size < this.full) await this.join();
  }

  async empty() {
    while (this.size > 0) await this.leave();
  }

  /** Somebody joins or leaves. */
  async step() {
    const joins = this.size === 0 || (this.size < this.full && this.random.below(2) === 0);

    await (joins ? this.join() : this.leave());
  }

  async join() {
    const sending = await this.router.createDirectTransport();
    const receiving = await this.router.createDirectTransport();
    const producers = await Promise.all(
      ['audio', 'video'].map((kind) => this.produce(sending, kind)),
    );
    const watched = this.#peers.slice(-this.watches);
    const watchers = this.#peers.filter(({ watches }) => watches.size < this.watches);
    const peer = { sending, receiving, producers, watches: new Set(watched) };

    for (const { watches } of watchers) watches.add(peer);
    this.#peers.push(peer);
    // All at once, as browsers do: whoever shares a worker must share the pipe.
    await Promise.all([
      ...watched.flatMap((other) => other.producers.map((it) => this.consume(receiving, it))),
      ...watchers.flatMap((other) => producers.map((it) => this.consume(other.receiving, it))),
    ]);
  }

  async leave() {
    const [peer] = this.#peers.splice(this.random.below(this.size), 1);

    for (const { watches } of this.#peers) watches.delete(peer);
    peer.sending.close();
    peer.receiving.close();
    await setImmediate();
  }
}
