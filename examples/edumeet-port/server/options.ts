import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './errors.js';
import {
  HOST_PLACEMENTS,
  MEDIA_MODES,
  PLACEMENTS,
  type MediaMode,
  type PlacementOptions,
} from './media.js';

export interface CliOptions extends PlacementOptions {
  port: number;
  host: string;
  cert?: string;
  key?: string;
  media?: MediaMode;
  tureenUrl: string[];
  tokenFile?: string;
  workers: number;
  mediaListenIp: string;
  mediaAnnouncedAddress?: string;
  webrtcPort: number;
  maxPeers: number;
}

const NEED_URLS: MediaMode[] = ['remote', 'horizontal', 'combined'];

function integer(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** One more, or in the environment all, with commas between. */
function websocketUrls(text: string, earlier: string[]): string[] {
  const urls = text.split(',');
  const isOne = (url: string) =>
    URL.canParse(url) && ['ws:', 'wss:'].includes(new URL(url).protocol);
  if (urls.every(isOne)) return [...earlier, ...urls];
  throw new InvalidArgumentError('Expected ws://HOST:PORT or wss://HOST:PORT.');
}

const port = integer(0, 65_535);

function command(): Command {
  return new Command('edumeet-port')
    .description('A small conference app on mediasoup, whose media runs wherever you say.')
    .addOption(setting('--port <number>', 'port of the page, 0 = any free', 'PORT', 3000, port))
    .addOption(setting('--host <address>', 'address of the page', 'HOST', '127.0.0.1'))
    .addOption(setting('--cert <file>', 'certificate (PEM): serve https', 'CERT'))
    .addOption(setting('--key <file>', 'private key (PEM) of --cert', 'KEY'))
    .addOption(
      setting('--max-peers <number>', 'people in one room', 'MAX_PEERS', 50, integer(1, 500)),
    )
    .addOption(
      new Option(
        '--media <mode>',
        'where the media runs: local, in this process; mock, here but as if elsewhere; remote, with --tureen-url; vertical, on all cores as one worker, of the host of --tureen-url if there is one; horizontal, on the hosts of several --tureen-url; combined, on all cores of those as one worker (default: remote with --tureen-url, else local)',
      )
        .choices(MEDIA_MODES)
        .env('MEDIA'),
    )
    .addOption(
      new Option(
        '--tureen-url <url>',
        'daemon to use, ws://HOST:PORT; can be repeated (environment: commas in between)',
      )
        .env('TUREEN_URL')
        .default([], 'none')
        .argParser(websocketUrls),
    )
    .addOption(setting('--token-file <file>', "file with the daemon's token", 'TUREEN_TOKEN_FILE'))
    .addOption(setting('--workers <number>', 'media workers', 'WORKERS', 1, integer(1, 256)))
    .addOption(
      new Option(
        '--vertical-workers <number>',
        'real workers at most behind one, with --media vertical or combined (default: one for each core)',
      )
        .env('VERTICAL_WORKERS')
        .argParser(integer(1, 256)),
    )
    .addOption(
      new Option(
        '--placement <policy>',
        'which real worker a transport goes to, with --media vertical or combined; scatter is for tests (default: concentrate)',
      )
        .choices(PLACEMENTS)
        .env('PLACEMENT'),
    )
    .addOption(
      new Option(
        '--host-placement <policy>',
        'which host a worker goes to, with several (default: leastLoaded; concentrate with --media combined)',
      )
        .choices(HOST_PLACEMENTS)
        .env('HOST_PLACEMENT'),
    )
    .addOption(
      new Option(
        '--watermark-node <percent>',
        'CPU of the host at which no further real worker is started (default: 90)',
      )
        .env('WATERMARK_NODE')
        .argParser(integer(1, 100)),
    )
    .addOption(
      setting(
        '--media-listen-ip <address>',
        'address on the media host that media arrives at',
        'MEDIA_LISTEN_IP',
        '127.0.0.1',
      ),
    )
    .addOption(
      setting(
        '--media-announced-address <address>',
        'address that browsers are told instead',
        'MEDIA_ANNOUNCED_ADDRESS',
      ),
    )
    .addOption(
      setting(
        '--webrtc-port <number>',
        "first media worker's port (UDP and TCP), the others follow; 0 = any free",
        'WEBRTC_PORT',
        0,
        port,
      ),
    );
}

function setting<T>(
  flags: string,
  text: string,
  env: string,
  value?: T,
  parse?: (text: string) => T,
): Option {
  const option = new Option(flags, text).env(env);
  if (value !== undefined) option.default(value);
  if (parse) option.argParser(parse);
  return option;
}

/** Reads the command line; each option has an environment twin. Exits on --help and on misuse. */
export function parseOptions(argv: string[]): CliOptions & { media: MediaMode } {
  const program = command().parse(argv);
  const options = program.opts<CliOptions>();
  if ((options.cert === undefined) !== (options.key === undefined)) {
    program.error('error: --cert and --key belong together');
  }
  const media = options.media ?? (options.tureenUrl.length === 0 ? 'local' : 'remote');
  if (NEED_URLS.includes(media) && options.tureenUrl.length === 0) {
    program.error(`error: --media ${media} needs --tureen-url`);
  }
  return { ...options, media };
}

/** @throws UsageError when a file cannot be read. */
export async function readTls({ cert, key }: CliOptions) {
  if (cert === undefined || key === undefined) return undefined;
  try {
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  } catch (cause) {
    throw new UsageError(`--cert, --key: ${(cause as Error).message}`, { cause });
  }
}
