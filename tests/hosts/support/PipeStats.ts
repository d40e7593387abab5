import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const PRELOADED = pathToFileURL(join(import.meta.dirname, 'pipeStats.mjs')).href;

/** Of mediasoup's statistics, what a pipe between two hosts is judged by. */
export interface PipedStream {
  kind: 'audio' | 'video';
  packetCount: number;
  packetsLost: number;
  packetsRetransmitted: number;
  packetsRepaired: number;
  nackCount: number;
}

/** One end of a pair of pipe transports. */
export interface PipeEnd {
  /** Addresses. */
  from: string;
  to: string;
  srtp: boolean;
  sent: PipedStream[];
  received: PipedStream[];
  /** How many of those sent came by another pipe. */
  relayed: number;
}

/** What mediasoup counts on the pipes of a daemon, told by a module that is loaded into it. */
export class PipeStats {
  readonly #path: string;

  /** @param folder - Of the test; a daemon's socket is there. */
  constructor(folder: string, name: string) {
    this.#path = join(folder, `${name}.sock`);
  }

  /** What the daemon has to be started with. */
  get environment(): NodeJS.ProcessEnv {
    return { NODE_OPTIONS: `--import=${PRELOADED}`, TUREEN_TEST_PIPE_STATS: this.#path };
  }

  async ends(): Promise<PipeEnd[]> {
    const answer = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      get({ socketPath: this.#path, agent: false }, resolve).on('error', reject);
    });

    return JSON.parse(await text(answer)) as PipeEnd[];
  }
}
