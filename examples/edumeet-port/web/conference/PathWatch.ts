import type { types } from 'mediasoup-client';
import type { Signaling } from './Signaling.js';

const GRACE_MS = 4_000;

/**
 * Watches the network path of one transport. A path that is broken for a while gets one ICE
 * restart; `failed` is called when that is refused or does not mend it.
 */
export class PathWatch {
  readonly #transport: types.Transport;
  readonly #signaling: Signaling;
  readonly #failed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #restarted = false;

  constructor(transport: types.Transport, signaling: Signaling, failed: () => void) {
    this.#transport = transport;
    this.#signaling = signaling;
    this.#failed = failed;
    transport.on('connectionstatechange', (state) => this.#see(state));
  }

  get broken(): boolean {
    return ['disconnected', 'failed'].includes(this.#transport.connectionState);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #see(state: types.ConnectionState): void {
    clearTimeout(this.#timer);
    if (state === 'connected') this.#restarted = false;
    if (state === 'disconnected') this.#timer = setTimeout(() => void this.#restart(), GRACE_MS);
    if (state === 'failed') void this.#restart();
  }

  async #restart(): Promise<void> {
    if (this.#restarted) {
      if (this.#transport.connectionState === 'failed') this.#failed();
      return;
    }
    this.#restarted = true;
    const transportId = this.#transport.id;
    try {
      const { iceParameters } = await this.#signaling.request('restartIce', { transportId });
      if (!this.#transport.closed) await this.#transport.restartIce({ iceParameters });
    } catch {
      if (!this.#transport.closed) this.#failed();
    }
  }
}
