import { startService, type Service } from '../../browser/processes.js';
import { launchBrowser, type BrowserOptions, type TestBrowser } from '../../support/browser.js';
import { Daemon } from '../../support/Daemon.js';

export interface HostPlace {
  name: string;
  /** Where browsers and applications reach it. */
  address: string;
  /** Where other media hosts reach it. */
  pipeAddress?: string;
  /** What a command has to begin with so that it runs there. */
  launcher: readonly string[];
}

/** A host of a {@link HostNetwork}: what runs there has an address of its own. */
export class NetworkHost {
  readonly name: string;
  readonly address: string;
  readonly pipeAddress: string | undefined;
  readonly #launcher: readonly string[];

  constructor({ name, address, pipeAddress, launcher }: HostPlace) {
    this.name = name;
    this.address = address;
    this.pipeAddress = pipeAddress;
    this.#launcher = launcher;
  }

  /** Starts a tureen-server there. */
  startDaemon(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Daemon> {
    const listening = ['--host', this.address, '--listen-ip', this.address];

    return Daemon.start([...listening, ...args], environment, undefined, this.#launcher);
  }

  /** Starts a program there that says where it listens. */
  startService(script: string, args: string[]): Promise<Service> {
    return startService(script, args, this.#launcher);
  }

  /** Starts a Chromium there, whose pages this process drives through a pipe. */
  launchBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
    return launchBrowser({ ...options, launcher: this.#launcher });
  }
}
