import pino, { type Logger } from 'pino';
import type { Limits } from '../limits.js';
import { RemoteServer, type RemoteServerOptions } from '../RemoteServer.js';
import { version } from '../version.js';
import { WebSocketListener } from '../WebSocketListener.js';
import { endOnSignals } from './endOnSignals.js';
import { useFastClone } from './fastClone.js';
import { HealthListener } from './HealthListener.js';
import { watchHost } from './hostMetrics.js';
import { loadMediasoup } from './loadMediasoup.js';
import { watchLoss } from './lossMetrics.js';
import { PrometheusMeter } from './PrometheusMeter.js';
import { Secrets, type SecretFiles } from './Secrets.js';
import { servedMediasoup, type VerticalFlags } from './servedMediasoup.js';
import { watchVertical } from './verticalMetrics.js';
import { watchWorkers } from './workerMetrics.js';

export interface ServeOptions extends SecretFiles, VerticalFlags {
  host: string;
  port: number;
  listenIp?: string;
  announcedAddress?: string;
  allowWorkerBin?: string[];
  allowDtlsFile?: string[];
  allowFieldTrials?: string[];
  maxSessions?: number;
  maxWorkers?: number;
  maxTransports?: number;
  maxCalls?: number;
  /** MiB. */
  maxSessionMemory?: number;
  maxConnections?: number;
  healthHost: string;
  healthPort?: number;
  /** Seconds. */
  drainTimeout: number;
  /** Seconds. */
  resumeWindow: number;
  sendFullErrors?: boolean;
  logLevel: string;
}

/** Runs the daemon until a signal ends it. A failure to start is told and ends the process with 1. */
export async function serve(options: ServeOptions): Promise<void> {
  const logger = pino({ level: options.logLevel }, pino.destination({ dest: 2, sync: true }));

  try {
    await start(options, logger);
  } catch (error) {
    process.stderr.write(`tureen-server: ${explain(error as Error, options)}\n`);
    // One port may be listened on already when the other cannot be had.
    process.exit(1);
  }
}

async function start(options: ServeOptions, logger: Logger): Promise<void> {
  const secrets = new Secrets(options);

  useFastClone();

  const local = await loadMediasoup();
  const { mediasoup, vertical } = await servedMediasoup(local, options);
  const meter = new PrometheusMeter();
  const server = new RemoteServer({ mediasoup, logger, meter, ...serverOptions(options) });
  const listener = new WebSocketListener(server, {
    host: options.host,
    port: options.port,
    token: secrets.tokens,
    tls: secrets.tls,
    maxConnections: options.maxConnections,
    onBytes: (direction, bytes) => meter.bytes(direction, bytes),
    onRoundTrip: (seconds) => meter.roundTrip(seconds),
    logger,
  });

  meter.watch(server);
  watchHost(meter.registry);
  watchLoss(meter.registry, server);
  watchWorkers(meter.registry, local.observer);
  if (vertical) {
    watchVertical(meter.registry, vertical);
  }
  server.forwardWorkerLogs();

  const url = await listener.listen();
  const health = await listenForHealth(server, meter, options);

  secrets.follow(listener, logger);
  endOnSignals(server, options.drainTimeout * 1000, logger, async () => {
    secrets.close();
    await Promise.all([listener.close(), health?.listener.close()]);
  });
  logger.info({ version, mediasoup: mediasoup.version, url, health: health?.url }, 'ready');
  process.stdout.write(`listening on ${url}\n`);
}

function serverOptions(options: ServeOptions): Partial<RemoteServerOptions> {
  return {
    listenIp: options.listenIp,
    announcedAddress: options.announcedAddress,
    allowedWorkerSettings: {
      workerBin: options.allowWorkerBin,
      dtlsCertificateFile: options.allowDtlsFile,
      dtlsPrivateKeyFile: options.allowDtlsFile,
      libwebrtcFieldTrials: options.allowFieldTrials,
    },
    limits: limitsOf(options),
    resumeWindow: options.resumeWindow * 1000,
    sendFullErrors: options.sendFullErrors,
  };
}

/** Those that were asked for. */
function limitsOf(options: ServeOptions): Partial<Limits> {
  const { maxSessions, maxWorkers, maxTransports, maxCalls, maxSessionMemory } = options;

  return {
    ...(maxSessions !== undefined && { sessions: maxSessions }),
    ...(maxWorkers !== undefined && { workers: maxWorkers }),
    ...(maxTransports !== undefined && { transports: maxTransports }),
    ...(maxCalls !== undefined && { calls: maxCalls }),
    ...(maxSessionMemory !== undefined && { bytes: maxSessionMemory * 1024 * 1024 }),
  };
}

async function listenForHealth(
  server: RemoteServer,
  meter: PrometheusMeter,
  { healthHost, healthPort }: ServeOptions,
): Promise<{ listener: HealthListener; url: string } | undefined> {
  if (healthPort === undefined) {
    return undefined;
  }

  const listener = new HealthListener(server, meter, { host: healthHost, port: healthPort });

  return { listener, url: await listener.listen() };
}

function explain(error: Error, options: ServeOptions): string {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  const forHealth = port !== undefined && port === options.healthPort;
  const host = forHealth ? options.healthHost : options.host;
  const flag = forHealth ? '--health' : '-';

  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is in use; choose another one with ${flag}-port`;
    case 'EADDRNOTAVAIL':
      return `this host has no address ${host}; choose another one with ${flag}-host`;
    case 'EACCES':
      return `no permission to listen on port ${port} of ${host}`;
    default:
      return error.message;
  }
}
