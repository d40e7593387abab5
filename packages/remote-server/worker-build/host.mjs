// What a worker binary depends on, as far as its host goes.
import { arch, platform, release } from 'node:os';
import { run } from './run.mjs';

const NOT_STARTED_BY_MEDIASOUP = 41;
const START_TIMEOUT_MS = 5_000;

/** The C library with its version, "glibc2.36"; "musl" where there is no glibc. */
export function libc() {
  if (platform() !== 'linux') return 'system';
  // Otherwise the report looks up the names of all peers.
  const { excludeNetwork } = process.report;
  process.report.excludeNetwork = true;
  const { glibcVersionRuntime } = process.report.getReport().header;
  process.report.excludeNetwork = excludeNetwork;
  return glibcVersionRuntime ? `glibc${glibcVersionRuntime}` : 'musl';
}

/** The host as part of a file name: "linux-x64-glibc2.36". */
export function hostName() {
  return `${platform()}-${arch()}-${libc()}`;
}

/** The name under which mediasoup publishes its prebuilt worker for this host. */
export function prebuiltName(version) {
  const kernel = platform() === 'linux' ? `-kernel${Number(release().split('.')[0])}` : '';
  return `mediasoup-worker-${version}-${platform()}-${arch()}${kernel}.tgz`;
}

export const WORKER_FILE = platform() === 'win32' ? 'mediasoup-worker.exe' : 'mediasoup-worker';

/**
 * Whether a binary can be loaded here at all. Started by anyone but mediasoup, a worker ends
 * with a status of its own; anything else is a missing library or another architecture.
 */
export async function canRunHere(workerBin) {
  try {
    await run(workerBin, [], { env: {}, signal: AbortSignal.timeout(START_TIMEOUT_MS) });
    return false;
  } catch (error) {
    return error.exitStatus === NOT_STARTED_BY_MEDIASOUP;
  }
}
