// The daemons of a soak: one, or three of which one makes a single worker of the others.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { StepError } from '../../scripts/lib/console.mjs';
import { ROOT } from '../../scripts/lib/workspace.mjs';

/** Real workers of each virtual one are on both upstreams, and each transport is on another. */
const asOne = [
  ...['--vertical', '--vertical-workers', '4', '--placement', 'scatter'],
  ...['--watermark-node', '100', '--host-placement', 'roundRobin'],
];
/** Pipes go as soon as nobody needs them, so that many are made. */
const shortly = ['--idle-pipe-timeout', '0.2'];

/**
 * Starts what the application is to use. Nothing is left if that fails.
 *
 * @returns `{ url, health, daemons, stop }`: the first two of the one that the application knows,
 *   the processes by name.
 */
export async function startDaemons({ cluster, workerBin }) {
  const daemons = {};
  const start = async (name, flags = []) => {
    const daemon = spawnDaemon(flags, workerBin);

    daemons[name] = daemon;

    return readiness(name, daemon);
  };
  const stop = () => stopAll(Object.values(daemons));

  try {
    return { ...(await (cluster ? startCluster(start) : start('daemon'))), daemons, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startCluster(start) {
  const upstreams = [];

  for (const number of [1, 2]) {
    const itself = ['--host-id', `host-${number}`, '--pipe-address', '127.0.0.1'];
    const { url } = await start(`upstream ${number}`, itself);

    upstreams.push('--upstream', url);
  }

  return start('cluster', [...upstreams, ...asOne, ...shortly]);
}

function spawnDaemon(flags, workerBin) {
  return spawn(
    process.execPath,
    [
      '--expose-gc',
      '--import',
      pathToFileURL(join(import.meta.dirname, 'daemonMemory.mjs')).href,
      join(ROOT, 'packages/remote-server/dist/bin.js'),
      ...['--port', '0', '--health-port', '0', ...flags],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, MEDIASOUP_WORKER_BIN: workerBin },
    },
  );
}

function readiness(name, daemon) {
  return new Promise((resolve, reject) => {
    createInterface(daemon.stderr).on('line', (line) => {
      if (!line.startsWith('{')) {
        // It could not start; what it says tells why.
        console.error(line);
        return;
      }

      const { msg, url, health } = JSON.parse(line);

      if (msg === 'ready') resolve({ url, health });
    });
    daemon.once('exit', (code) => reject(new StepError(`the ${name} ended with ${code}`)));
  });
}

/** From above, as whoever stops all of it would. */
async function stopAll(daemons) {
  for (const daemon of daemons.toReversed()) {
    daemon.removeAllListeners('exit');
    daemon.kill('SIGTERM');
    if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit');
  }
}
