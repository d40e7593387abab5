import type { DiscoveredHost, Discovery } from '@tureen/discovery';
import { onTestFinished } from 'vitest';
import { until } from '../../support/events.js';

/** A discovery with what it has told; it is closed when the test is over. */
export class ObservedDiscovery {
  /** Every list of ids that it told, each as one text. */
  readonly lists: string[] = [];
  /** Names of errors, and "recovered". */
  readonly events: string[] = [];
  readonly errors: Error[] = [];

  constructor(readonly discovery: Discovery) {
    discovery.on('hosts', (hosts) => this.lists.push(hosts.map(({ id }) => id).join(' ')));
    discovery.on('error', (error) => {
      this.events.push(error.name);
      this.errors.push(error);
    });
    discovery.on('recovered', () => this.events.push('recovered'));
    onTestFinished(() => discovery.close());
  }

  /** One that knows the hosts that there are. */
  static async start(discovery: Discovery): Promise<ObservedDiscovery> {
    const observed = new ObservedDiscovery(discovery);

    await discovery.start();

    return observed;
  }

  get ids(): string {
    return this.discovery.hosts.map(({ id }) => id).join(' ');
  }

  get urls(): string[] {
    return this.discovery.hosts.map(({ url }) => url);
  }

  host(id: string): DiscoveredHost | undefined {
    return this.discovery.hosts.find((host) => host.id === id);
  }

  /** Resolves when these are the hosts. */
  async sees(...ids: string[]): Promise<void> {
    const wanted = ids.join(' ');

    await until(`hosts "${wanted}"`, () => this.ids === wanted);
  }

  async told(event: string, times = 1): Promise<void> {
    await until(
      `${event} ${times} times (${this.events.join()})`,
      () => this.events.filter((name) => name === event).length >= times,
    );
  }
}
