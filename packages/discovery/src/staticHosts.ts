import type { Discovery } from './Discovery.js';
import { DiscoveryBase } from './DiscoveryBase.js';
import { hostUrl } from './hostUrl.js';

class StaticDiscovery extends DiscoveryBase {
  readonly #urls: ReadonlySet<string>;

  constructor(urls: ReadonlySet<string>) {
    super();
    this.#urls = urls;
  }

  protected begin(): void {
    this.learned([...this.#urls].map((url) => ({ id: url, url })));
  }

  protected async end(): Promise<void> {}
}

/**
 * Hosts that are always the same ones.
 *
 * @param urls - `ws:` or `wss:`; the same one twice is one host.
 * @throws TypeError for a URL that cannot be one of a daemon, or none at all.
 */
export function staticHosts(urls: Iterable<string>): Discovery {
  const checked = new Set([...urls].map(hostUrl));

  if (checked.size === 0) {
    throw new TypeError('no hosts; give at least one URL, such as ws://host:4600');
  }

  return new StaticDiscovery(checked);
}
