import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';

type Method = (...args: unknown[]) => Promise<unknown>;

/** What happens at one step, in the place of the call or around it. */
export type Fault = (call: () => Promise<unknown>) => Promise<unknown>;

/**
 * Every call that building a pipe makes on real objects, numbered in the order in which they begin,
 * so that each can be made to fail, or something else made to happen meanwhile.
 */
export class Steps {
  /** Names of the calls since {@link begin}. */
  calls: string[] = [];
  #at = Infinity;
  #fault: Fault | undefined;
  readonly #follow = (worker: types.Worker) => this.#watchWorker(worker);

  constructor() {
    mediasoup.observer.on('newworker', this.#follow);
  }

  close(): void {
    mediasoup.observer.off('newworker', this.#follow);
  }

  /**
   * @param at - The number of a call, from 0.
   * @param fault - What to do there.
   */
  begin(at = Infinity, fault?: Fault): void {
    this.calls = [];
    this.#at = at;
    this.#fault = fault;
  }

  #watchWorker(worker: types.Worker): void {
    this.#step(worker, 'createRouter');
    worker.observer.on('newrouter', (router) => {
      this.#step(router, 'createPipeTransport');
      router.observer.on('newtransport', (transport) => {
        if (transport.type === 'pipe') {
          this.#watchPipe(transport);
        }
      });
    });
  }

  #watchPipe(transport: types.Transport): void {
    for (const name of ['connect', 'consume', 'produce', 'consumeData', 'produceData']) {
      this.#step(transport, name);
    }
    transport.observer.on('newproducer', (producer) => {
      this.#step(producer, 'pause');
      this.#step(producer, 'resume');
    });
  }

  #step(object: object, name: string): void {
    const methods = object as Record<string, Method>;
    const original = methods[name]!.bind(object);

    methods[name] = (...args) => {
      const number = this.calls.push(name) - 1;
      const fault = this.#fault;

      if (number !== this.#at || !fault) {
        return original(...args);
      }
      this.#fault = undefined;

      return fault(() => original(...args));
    };
  }
}
