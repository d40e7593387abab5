import type { WorkerLog } from '@tureen/remote-client';
import pino, { type Logger } from 'pino';
import type { Limits } from '../limits.js';
import { RemoteServer, type RemoteServerOptions } from '../RemoteServer.js';
import { version } from '../version.js';
import { assertGuarded, WebSocketListener } from '../WebSocketListener.js';
import { endOnSignals, endWhileWaiting } from './endOnSignals.js';
import { useFastClone } from './fastClone.js';
import type { UpstreamFlags } from './flags/upstreamFlags.js';
import { HealthListener, type HealthSource } from './HealthListener.js';
import { watchHost } from './hostMetrics.js';
import { loadMediasoup } from './loadMediasoup.js';
import { watchLoss } from './lossMetrics.js';
import { register, type RegisterFlags } from './registration/register.js';
import { PrometheusMeter } from './PrometheusMeter.js';
import { Secrets, type SecretFiles } from './Secrets.js';
import { checkFlags } from './served/checkFlags.js';
import { connectUpstreams } from './served/connectUpstreams.js';
import type { Served } from './served/Served.js';
import { serveLocal } from './served/serveLocal.js';
import { serveUpstreams } from './served/serveUpstreams.js';
import { connectDiscovered } from './served/connectDiscovered.js';
import { readUpstreamSecrets } from './served/UpstreamSecrets.js';
import type { VerticalFlags } from './served/verticalOptions.js';
import { watchVertical } from './verticalMetrics.js';
import { watchWorkers } from './workerMetrics.js';

export interface ServeOptions extends SecretFiles, VerticalFlags, UpstreamFlags, RegisterFlags {
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
  checkFlags(options);

  const secrets = new Secrets(options);
  const meter = new PrometheusMeter();
  const now: Running = {};

  // Whatever is wrong is told now, and not when an upstream comes.
  assertGuarded(options.host, secrets.tokens, secrets.tls);
  useFastClone();

  const health = await listenForHealth(now, meter, options);
  const served = (now.served = await serving(options, now, logger, health?.url));
  const server = (now.server = makeServer(served, options, meter, logger));
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
  const url = await listener.listen();

  const registration = await register(options, { server, served, url, logger });

  secrets.follow(listener, logger);
  endOnSignals(server, options.drainTimeout * 1000, logger, {
    onDrain: () => registration?.update(),
    close: async () => {
      await Promise.all([registration?.close(), endSessions(server, served)]);
      secrets.close();
      await Promise.all([listener.close(), health?.listener.close()]);
    },
  });
  logger.info({ version, mediasoup: served.mediasoup.version, url, health: health?.url }, 'ready');
  process.stdout.write(`listening on ${url}\n`);
}

/** What there is by now. */
interface Running {
  served?: Served;
  server?: RemoteServer;
}

/** What the flags say is to be served, once it is there. */
async function serving(
  options: ServeOptions,
  now: Running,
  logger: Logger,
  health: string | undefined,
): Promise<Served> {
  const { upstream, discover } = options;

  if (!upstream && discover === undefined) {
    return serveLocal(await loadMediasoup(), options);
  }

  const upstreamOptions = {
    ...readUpstreamSecrets(options),
    logger,
    onWorkerLog: (worker: object, log: WorkerLog) => now.server?.forwardWorkerLog(worker, log),
  };
  const below =
    discover === undefined
      ? connectUpstreams(options, upstreamOptions)
      : await connectDiscovered(discover, options, upstreamOptions);
  const stopWaiting = endWhileWaiting(() => below.close());

  logger.info({ upstreams: upstream, health }, 'waiting for an upstream');
  try {
    return await serveUpstreams(below, options);
  } finally {
    stopWaiting();
  }
}

function makeServer(
  served: Served,
  options: ServeOptions,
  meter: PrometheusMeter,
  logger: Logger,
): RemoteServer {
  const { mediasoup, workersElsewhere, vertical } = served;
  const server = new RemoteServer({
    mediasoup,
    workersElsewhere,
    getStats: async ({ draining }) => ({ ...(await served.getStats()), draining }),
    describe: (describeOptions) => served.describe(describeOptions),
    logger,
    meter,
    ...serverOptions(options),
  });

  meter.watch(server);
  watchHost(meter.registry);
  if (vertical) {
    watchVertical(meter.registry, vertical);
  }
  if (served.observer) {
    // Where workers are elsewhere, what there is to see of them is seen there.
    watchLoss(meter.registry, server);
    watchWorkers(meter.registry, served.observer);
    server.forwardWorkerLogs();
  }

  return server;
}

/** Milliseconds that other machines have to say that the workers there have gone. */
const upstreamExitTimeout = 3000;

/** Ends what sessions have; upstreams that do not answer are not waited for. */
async function endSessions(server: RemoteServer, served: Served): Promise<void> {
  const timer = served.workersElsewhere
    ? setTimeout(() => served.close(), upstreamExitTimeout)
    : undefined;

  await server.close();
  clearTimeout(timer);
  served.close();
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
  now: Running,
  meter: PrometheusMeter,
  { healthHost, healthPort }: ServeOptions,
): Promise<{ listener: HealthListener; url: string } | undefined> {
  if (healthPort === undefined) {
    return undefined;
  }

  const source: HealthSource = {
    unready: async () => {
      const { server, served } = now;

      return server?.state.draining || server?.closed
        ? 'draining'
        : served
          ? served.unready()
          : 'no upstream';
    },
    metrics: meter.registry,
    topology: async () => now.server?.topology(),
  };
  const listener = new HealthListener(source, { host: healthHost, port: healthPort });

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
