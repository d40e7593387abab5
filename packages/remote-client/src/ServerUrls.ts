import { checkUrl } from './dialWebSocket.js';

/** The servers that a client may begin its sessions with, one after the other. */
export class ServerUrls {
  readonly #urls: readonly URL[];
  #index = 0;

  /** @throws TypeError if there is none, or one cannot be that of a Tureen server. */
  constructor(urls: string | URL | readonly (string | URL)[]) {
    this.#urls = (Array.isArray(urls) ? (urls as (string | URL)[]) : [urls as string | URL]).map(
      checkUrl,
    );
    if (this.#urls.length === 0) {
      throw new TypeError('no URL to connect to');
    }
  }

  get current(): URL {
    return this.#urls[this.#index] as URL;
  }

  /**
   * The current one cannot be had: the next attempt goes to the next.
   *
   * @returns Whether all have been tried.
   */
  failed(): boolean {
    this.#index = (this.#index + 1) % this.#urls.length;

    return this.#index === 0;
  }
}
