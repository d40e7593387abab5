import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { Command, InvalidArgumentError } from 'commander';
import { flag } from '../flags/parse.js';
import { WatchedFiles } from '../WatchedFiles.js';
import { render } from './render.js';

interface TopologyOptions {
  tokenFile?: string;
  ca?: string;
  cert?: string;
  key?: string;
  json?: boolean;
  /** Seconds, or true for the default. */
  watch?: number | true;
}

/** Seconds. */
const defaultInterval = 2;
/** Goes to the beginning of the screen and clears it. */
const clear = '\u001b[H\u001b[2J\u001b[3J';

/** `tureen-server topology URL` */
export function topologyCommand(): Command {
  return new Command('topology')
    .description('prints what a daemon serves, and all that is behind it: hosts, workers, load')
    .argument('<url>', 'of a daemon, such as ws://media.example.com:4600')
    .addOption(
      flag('--token-file <file>', 'TUREEN_TOKEN_FILE', 'file with the token that it asks for'),
    )
    .addOption(
      flag('--ca <file>', 'TUREEN_CA', "authorities of its certificate (default: the system's)"),
    )
    .addOption(
      flag('--cert <file>', 'TUREEN_CLIENT_CERT', 'client certificate, if it asks for one'),
    )
    .addOption(flag('--key <file>', 'TUREEN_CLIENT_KEY', 'key of the client certificate'))
    .option('--json', 'print JSON, as docs/operations.md describes it; with --watch one line each')
    .option('--watch [seconds]', 'go on until interrupted (default: every 2 s)', parseInterval)
    .addHelpText('after', '\nNothing in it names or identifies what applications have.\n')
    .action(printTopology);
}

function parseInterval(value: string): number {
  const seconds = Number(value);

  if (!(seconds >= 0.5 && seconds <= 3600)) {
    throw new InvalidArgumentError('expected a number of seconds from 0.5 to 3600.');
  }

  return seconds;
}

/** Whatever goes wrong is told in one line, and ends the process with 1. */
async function printTopology(url: string, options: TopologyOptions): Promise<void> {
  let client: RemoteMediasoupClient | undefined;

  try {
    client = connect(url, options);
    await once(client, 'mediasoup');
    client.on('error', () => undefined);
    print(await describe(client, url, options), false);
    if (options.watch !== undefined) {
      await follow(client, url, options);
    }
    client.close();
  } catch (error) {
    client?.on('error', () => undefined).close();
    process.stderr.write(`tureen-server: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

function connect(
  url: string,
  { tokenFile, ca, cert, key }: TopologyOptions,
): RemoteMediasoupClient {
  const files = new WatchedFiles();
  const read = (path: string | undefined, what: string) =>
    path === undefined ? undefined : files.read(path, what);

  return new RemoteMediasoupClient(url, {
    // Of several tokens that the daemon accepts, any one.
    token: read(tokenFile, 'token file')?.trim().split(/\s+/)[0],
    ca: read(ca, 'CA'),
    cert: read(cert, 'certificate'),
    key: read(key, 'key'),
    handshakeTimeout: 5000,
  });
}

async function describe(
  client: RemoteMediasoupClient,
  url: string,
  { json, watch }: TopologyOptions,
): Promise<string> {
  const topology = await client.getTopology();

  return json
    ? JSON.stringify(topology, undefined, watch === undefined ? 2 : undefined)
    : render(url, topology);
}

/** Until the process is interrupted. A daemon that goes is waited for. */
async function follow(
  client: RemoteMediasoupClient,
  url: string,
  options: TopologyOptions,
): Promise<void> {
  const seconds = typeof options.watch === 'number' ? options.watch : defaultInterval;
  const onScreen = process.stdout.isTTY && !options.json;
  let told = false;

  for (;;) {
    await setTimeout(seconds * 1000);
    try {
      print(await describe(client, url, options), onScreen);
      told = false;
    } catch (error) {
      if (client.readyState === RemoteMediasoupClient.CLOSED) {
        throw error;
      }
      if (!told) {
        process.stderr.write(`tureen-server: ${(error as Error).message}; trying again\n`);
        told = true;
      }
    }
  }
}

function print(text: string, onScreen: boolean): void {
  process.stdout.write(`${onScreen ? clear : ''}${text}\n`);
}
