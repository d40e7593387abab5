import { readFileSync } from 'node:fs';
import type { types } from 'mediasoup';
import pino, { type Logger } from 'pino';
import { ConfigurationError } from '../errors.js';
import { RemoteServer } from '../RemoteServer.js';
import { version } from '../version.js';
import { WebSocketListener } from '../WebSocketListener.js';
import { useFastClone } from './fastClone.js';

export interface ServeOptions {
  host: string;
  port: number;
  tokenFile?: string;
  listenIp?: string;
  announcedAddress?: string;
  allowWorkerBin?: string[];
  allowDtlsFile?: string[];
  allowFieldTrials?: string[];
  /** Seconds. */
  resumeWindow: number;
  sendFullErrors?: boolean;
  logLevel: string;
}

/** How long worker processes may take to go. They are told at once; this is for one that hangs. */
const exitTimeout = 10_000;

/** Runs the daemon until a signal ends it. A failure to start is told and ends the process with 1. */
export async function serve(options: ServeOptions): Promise<void> {
  const logger = pino({ level: options.logLevel }, pino.destination({ dest: 2, sync: true }));

  try {
    await start(options, logger);
  } catch (error) {
    process.stderr.write(`tureen-server: ${explain(error as Error, options)}\n`);
    process.exitCode = 1;
  }
}

async function start(options: ServeOptions, logger: Logger): Promise<void> {
  const token = options.tokenFile === undefined ? undefined : readToken(options.tokenFile);

  useFastClone();

  const mediasoup = await loadMediasoup();
  const server = new RemoteServer({
    mediasoup,
    listenIp: options.listenIp,
    announcedAddress: options.announcedAddress,
    allowedWorkerSettings: {
      workerBin: [mediasoup.workerBin, ...(options.allowWorkerBin ?? [])],
      dtlsCertificateFile: options.allowDtlsFile,
      dtlsPrivateKeyFile: options.allowDtlsFile,
      libwebrtcFieldTrials: options.allowFieldTrials,
    },
    resumeWindow: options.resumeWindow * 1000,
    sendFullErrors: options.sendFullErrors,
    logger,
  });
  const listener = new WebSocketListener(server, { ...options, token, logger });

  server.forwardWorkerLogs();

  const url = await listener.listen();

  endOnSignals(server, listener, logger);
  logger.info({ version, mediasoup: mediasoup.version, url }, 'ready');
  process.stdout.write(`listening on ${url}\n`);
}

async function loadMediasoup(): Promise<types.Index> {
  try {
    return await import('mediasoup');
  } catch (error) {
    throw new ConfigurationError(
      `cannot load mediasoup: ${(error as Error).message}; install it beside this package ` +
        `(npm install mediasoup)`,
      { cause: error },
    );
  }
}

function readToken(file: string): string {
  let token: string;

  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigurationError(`cannot read token file ${file}: ${(error as Error).message}`);
  }
  if (!token || /\s/.test(token)) {
    throw new ConfigurationError(`token file ${file} must hold one word`);
  }

  return token;
}

function explain(error: Error, { host, port }: ServeOptions): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is in use; choose another one with --port`;
    case 'EADDRNOTAVAIL':
      return `this host has no address ${host}; choose another one with --host`;
    case 'EACCES':
      return `no permission to listen on port ${port} of ${host}`;
    default:
      return error.message;
  }
}

/** The first signal ends everything in order, the second one at once. */
function endOnSignals(server: RemoteServer, listener: WebSocketListener, logger: Logger): void {
  let ending = false;

  const end = (signal: NodeJS.Signals) => {
    if (ending) {
      process.exit(1);
    }
    ending = true;
    logger.info({ signal, sessions: server.sessions }, 'ending');
    setTimeout(() => {
      logger.error({}, 'worker processes did not go in time');
      process.exit(1);
    }, exitTimeout).unref();
    void server
      .close()
      .then(() => listener.close())
      .then(() => process.exit(0));
  };

  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
