import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '../../browser/processes.js';
import { RoomPage } from '../../browser/RoomPage.js';
import { until } from '../../browser/waiting.js';
import type { TestBrowser } from '../../support/browser.js';
import type { Daemon } from '../../support/Daemon.js';
import { HostNetwork } from './HostNetwork.js';
import type { Impairment } from './ImpairedLink.js';
import { PipeStats, type PipeEnd } from './PipeStats.js';
import { APP, insecureOrigin, TokenFile } from './room.js';

/** Small: all people's pictures are encoded and decoded in software on this one machine. */
const VIDEO = '320x180';
const ROOM = 'hosts';

export interface HostedConferenceOptions {
  /** Names of the hosts with a daemon. */
  mediaHosts: readonly string[];
  /** Each on a host of the same name. */
  people: readonly string[];
  impairment: Impairment;
  /** Of the example's server, beside those that say where the daemons are. */
  appArgs: readonly string[];
  daemonArgs?: readonly string[];
}

/** What the example tells of a room. */
export interface RoomShown {
  open: boolean;
  peers: {
    id: string;
    displayName: string;
    producers: { id: string; source: string }[];
    consumers: { id: string; peerId: string }[];
  }[];
}

/**
 * The example's conference for real: daemons, its server, and people with a browser, each on a host
 * of its own.
 */
export class HostedConference {
  readonly network: HostNetwork;
  readonly people: RoomPage[] = [];
  readonly #options: HostedConferenceOptions;
  readonly #token: TokenFile;
  /** Of the daemons' sockets. */
  readonly #folder: string;
  readonly #daemons = new Map<string, Daemon>();
  readonly #browsers = new Map<string, TestBrowser>();
  #app!: Service;

  private constructor(
    options: HostedConferenceOptions,
    network: HostNetwork,
    token: TokenFile,
    folder: string,
  ) {
    this.#options = options;
    this.network = network;
    this.#token = token;
    this.#folder = folder;
  }

  /** Starts all of it, and waits until all people are in the room. */
  static async start(options: HostedConferenceOptions): Promise<HostedConference> {
    const { mediaHosts, people, impairment } = options;
    const others = ['app', ...people];
    const network = await HostNetwork.create({ mediaHosts, others, impairment });
    const conference = new HostedConference(
      options,
      network,
      await TokenFile.create(),
      await mkdtemp(join(tmpdir(), 'tureen-hosts-')),
    );
    try {
      await Promise.all(mediaHosts.map((name) => conference.startDaemon(name)));
      await conference.#startApp();
      await Promise.all(people.map((name) => conference.#startBrowser(name)));
      // One after the other, so that each finds its places as on any other day.
      for (const name of people) await conference.#join(name);
    } catch (error) {
      await conference.close();
      throw error;
    }
    return conference;
  }

  get mediaHosts(): readonly string[] {
    return this.#options.mediaHosts;
  }

  /** What the app wrote to standard error, for the report of a failure. */
  get log(): string {
    return this.#app.log();
  }

  /**
   * How often the app has lost its connection with a host, has had one, and could give it something
   * to do.
   */
  connections(host: string): { lost: number; made: number; usable: number } {
    const { url } = this.daemon(host);
    const lines = this.#app
      .log()
      .split('\n')
      .filter((each) => each.includes(url));
    const count = (text: string) => lines.filter((each) => each.includes(text)).length;

    return {
      lost: count('media connection lost'),
      made: count('media connected'),
      usable: count('media host url'),
    };
  }

  /**
   * Cuts a host off until the app has noticed, and waits until the app has it again.
   *
   * @param meanwhile - Done before it is mended.
   */
  async cutForAWhile(
    host: string,
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const before = this.connections(host);

    await this.network.cut(host);
    await until('the app has noticed', async () => this.connections(host).lost > before.lost);
    await meanwhile();
    await this.network.mend(host);
    await until('it is connected again', async () => this.connections(host).made > before.made);
  }

  /** Messages of uncaught errors in all pages. */
  get pageErrors(): string[] {
    return [...this.#browsers.values()].flatMap(({ pageErrors }) => pageErrors);
  }

  person(name: string): RoomPage {
    const found = this.people.find((each) => each.name === name);
    if (!found) throw new RangeError(`nobody is called ${name}`);
    return found;
  }

  /** Names of the media hosts that somebody's transports are on. */
  hostsOf({ mediaPlaces }: RoomPage): string[] {
    const used = mediaPlaces.map(({ address }) => address);

    return this.mediaHosts.filter((name) => used.includes(this.network.host(name).address));
  }

  async room(): Promise<RoomShown> {
    const response = await fetch(`${this.#app.url}/api/rooms/${ROOM}`);

    return (await response.json()) as RoomShown;
  }

  /** Both ends of all pipes between hosts, as the daemons see them. */
  async pipesBetweenHosts(names = this.mediaHosts): Promise<PipeEnd[]> {
    const ends = await Promise.all(names.map((name) => this.#stats(name).ends()));
    const addresses = this.mediaHosts.map((name) => this.network.host(name).pipeAddress);

    return ends.flat().filter(({ from, to }) => from !== to && addresses.includes(to));
  }

  /** Starts a host's daemon, the first time or again, where it was. */
  async startDaemon(name: string): Promise<void> {
    const host = this.network.host(name);
    const before = this.#daemons.get(name);
    const args = [
      ...this.#token.args,
      // Of themselves they would all be one host on loopback.
      ...(this.mediaHosts.length > 1
        ? ['--host-id', name, '--pipe-address', host.pipeAddress!]
        : []),
      ...(before ? ['--port', new URL(before.url).port] : []),
      ...(this.#options.daemonArgs ?? []),
    ];

    this.#daemons.set(name, await host.startDaemon(args, this.#stats(name).environment));
  }

  daemon(name: string): Daemon {
    return this.#daemons.get(name)!;
  }

  /** Ends a host's daemon as a crash would. */
  async killDaemon(name: string): Promise<void> {
    await this.#daemons.get(name)!.stop('SIGKILL');
  }

  async close(): Promise<void> {
    for (const browser of this.#browsers.values()) await browser.close();
    await this.#app?.stop();
    for (const daemon of this.#daemons.values()) await daemon.stop();
    await this.network.close();
    await this.#token.remove();
    await rm(this.#folder, { recursive: true });
  }

  #stats(name: string): PipeStats {
    return new PipeStats(this.#folder, name);
  }

  async #startApp(): Promise<void> {
    const host = this.network.host('app');
    const urls = Array.from(this.#daemons.values(), ({ url }) => ['--tureen-url', url]);

    this.#app = await host.startService(APP, [
      ...['--host', host.address, '--port', '0'],
      ...urls.flat(),
      ...this.#token.args,
      ...this.#options.appArgs,
    ]);
  }

  async #startBrowser(name: string): Promise<void> {
    const flags = [insecureOrigin(this.#app.url)];

    this.#browsers.set(name, await this.network.host(name).launchBrowser({ flags }));
  }

  async #join(name: string): Promise<void> {
    const browser = this.#browsers.get(name)!;

    this.people.push(await RoomPage.join(browser, `${this.#app.url}/${ROOM}`, name, VIDEO));
    await until(`${name} sends`, async () => {
      const { peers } = await this.room();
      return peers.find(({ displayName }) => displayName === name)?.producers.length === 2;
    });
  }
}
