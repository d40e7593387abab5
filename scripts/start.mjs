import { join } from 'node:path';
import { interruption, main } from './lib/console.mjs';
import { Service } from './lib/service.mjs';
import { setup } from './lib/setup.mjs';
import { ROOT } from './lib/workspace.mjs';

const DAEMON = join(ROOT, 'packages', 'remote-server', 'dist', 'bin.js');
const APP = join(ROOT, 'examples', 'edumeet-port', 'dist', 'server', 'main.js');

const HELP = `Starts a Tureen daemon and, as a process of its own, the example conference app that uses it.

Usage: npm start [-- app options] [-- daemon options]

  npm start                          the page at http://127.0.0.1:3000
  npm start -- --port 4443           the page at another port (0: any free one)
  npm start -- -- --log-level debug  options of the daemon come after a second --
  npm start -- --help                show this help

All options of the app:     node examples/edumeet-port/dist/server/main.js --help
All options of the daemon:  node packages/remote-server/dist/bin.js --help

Ctrl-C ends both; once more ends them at once.
`;

function parseArguments(args) {
  const separator = args.indexOf('--');
  const end = separator === -1 ? args.length : separator;
  return { appArgs: args.slice(0, end), daemonArgs: args.slice(end + 1) };
}

// A daemon that listens on every address says so with one that nobody can connect to.
function reachable(url) {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** Resolves when asked to stop, rejects when a service ends by itself. */
async function serve({ appArgs, daemonArgs }, services, stopRequest) {
  const workerEnv = { ...process.env };
  const start = (name, script, args) => {
    const service = new Service(name, script, args, workerEnv);
    services.push(service);
    return service;
  };
  const { workerBin } = await setup({ signal: stopRequest.signal });
  workerEnv.MEDIASOUP_WORKER_BIN = workerBin;

  const daemon = start('tureen-server', DAEMON, ['--port', '0', ...daemonArgs]);
  const tureenUrl = await stopRequest.unless(daemon.ready(/listening on (wss?:\/\/\S+)/));
  const app = start('example', APP, ['--tureen-url', reachable(tureenUrl), ...appArgs]);
  const url = await stopRequest.unless(
    Promise.race([app.ready(/listening on (https?:\/\/\S+)/), daemon.ended()]),
  );
  console.log(`\nThe conference is open at ${url} (Ctrl-C to end)\n`);
  await stopRequest.unless(Promise.race([daemon.ended(), app.ended()]));
}

function createStopRequest() {
  const signal = interruption();
  const aborted = new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  return { signal, unless: (promise) => Promise.race([promise, aborted]) };
}

async function startAll(args) {
  const services = [];
  const stopRequest = createStopRequest();
  // Whatever ends this process, nothing that it started stays.
  process.once('exit', () => services.forEach((service) => service.kill()));
  try {
    await serve(args, services, stopRequest);
  } catch (error) {
    if (!stopRequest.signal.aborted) throw error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1));
    // The app first: it may want to say good-bye to the daemon.
    for (const service of services.reverse()) await service.stop();
  }
}

const args = process.argv.slice(2);
await main(async () => {
  if (args.includes('--help')) process.stdout.write(HELP);
  else await startAll(parseArguments(args));
});
