#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { WorkerBuildError, ensureWorker, progressFor } from './index.mjs';

const HELP = `Finds, downloads or builds a mediasoup-worker, and prints its path.

Usage: node cli.mjs [options]

  --mediasoup DIR   folder of the mediasoup package (default: the one that the current
                    folder would import)
  --force-build     build from source, whatever is there already
  --help            show this help

Environment:
  MEDIASOUP_WORKER_BIN          use this worker
  TUREEN_WORKER_NO_DOWNLOAD=1   do not try to download mediasoup's prebuilt worker
  XDG_CACHE_HOME                where the worker is kept, in a folder "tureen"
                                (default: ~/.cache)
  TMPDIR                        where it is built (default: /tmp)

The path goes to standard output, everything else to standard error.
`;

const log = (message) => process.stderr.write(`${message}\n`);

function options() {
  try {
    const { values } = parseArgs({
      options: {
        mediasoup: { type: 'string' },
        'force-build': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    log(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** Ends the build and removes what it left when we are told to stop. */
function interruption() {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(name, () => interrupted.abort(new WorkerBuildError(`ended by ${name}`)));
  }
  return interrupted.signal;
}

const { help, mediasoup, 'force-build': forceBuild } = options();
if (help) {
  process.stdout.write(HELP);
} else {
  try {
    const path = await ensureWorker({
      mediasoupDir: mediasoup,
      forceBuild,
      log,
      onProgress: progressFor(process.stderr, log, 'building mediasoup-worker'),
      signal: interruption(),
    });
    process.stdout.write(`${path}\n`);
  } catch (error) {
    log(error instanceof WorkerBuildError ? error.message : error.stack);
    process.exitCode = 1;
  }
}
