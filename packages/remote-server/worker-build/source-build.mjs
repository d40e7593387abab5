// Builds the worker from the sources in mediasoup's npm package against Debian's libraries.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './debian-packages.mjs';
import { SourceError, WorkerBuildError } from './errors.mjs';
import { WORKER_FILE } from './host.mjs';
import { run } from './run.mjs';

export const BUILD_PACKAGES = [
  'cmake',
  'ninja-build',
  'g++',
  'pkg-config',
  'libuv1-dev',
  'libssl-dev',
  'libsrtp2-dev',
  'libabsl-dev',
  'flatbuffers-compiler',
  'libflatbuffers-dev',
];

const NATIVE = fileURLToPath(new URL('native', import.meta.url));
const SOURCE_FOLDERS = ['src', 'include', 'fbs', 'deps'];
const MEMORY_PER_COMPILER = 1.5 * 1024 ** 3;

// OpenSSL calls the BIO callback after every operation with the operation's bit and the RETURN
// bit set. Comparing for equality misses that, so every control call answers 1, the question
// whether the kernel does TLS included; with an OpenSSL that knows kernel TLS, as Debian's does,
// the worker then crashes in its first DTLS handshake.
const DTLS_FILE = join('src', 'RTC', 'DtlsTransport.cpp');
const DTLS_FAULT = /\(\s*operationType\s*==\s*BIO_CB_RETURN\s*\)/g;
const DTLS_MENDED = '(operationType & BIO_CB_RETURN)';

/** Mends the DTLS fault in a copy of the sources; rejects with a SourceError if it is not there. */
export async function mendDtlsTransport(workerFolder) {
  const path = join(workerFolder, DTLS_FILE);
  const text = await readFile(path, 'utf8');
  const found = text.match(DTLS_FAULT)?.length ?? 0;
  if (found !== 1) {
    throw new SourceError(
      `worker/${DTLS_FILE} has the line that compares with BIO_CB_RETURN ${found} times, not once: ` +
        'this mediasoup release is not one that this build was written for (it may have mended ' +
        'the fault itself). Use another release, or give a worker with MEDIASOUP_WORKER_BIN.',
    );
  }
  await writeFile(path, text.replace(DTLS_FAULT, DTLS_MENDED));
}

async function copySources(mediasoupDir, target) {
  for (const folder of SOURCE_FOLDERS) {
    const from = join(mediasoupDir, 'worker', folder);
    await cp(from, join(target, folder), { recursive: true }).catch((error) => {
      throw new SourceError(`cannot copy the worker's sources from ${from}`, { cause: error });
    });
  }
}

function jobs() {
  return Math.max(
    1,
    Math.min(availableParallelism(), Math.floor(totalmem() / MEMORY_PER_COMPILER)),
  );
}

/** Reads ninja's "[12/260] ..." lines. */
export function parseNinjaLine(line) {
  const match = /^\[(\d+)\/(\d+)\]/.exec(line);
  return match ? { done: Number(match[1]), total: Number(match[2]) } : undefined;
}

async function compile({ sources, build, env, onProgress, signal }) {
  const options = { env: { ...env, NINJA_STATUS: '[%f/%t] ' }, signal };
  const configure = ['-G', 'Ninja', '-S', NATIVE, '-B', build, '-DCMAKE_BUILD_TYPE=Release'];
  await run('cmake', [...configure, `-DWORKER_DIR=${sources}`], options);
  await run('ninja', ['-C', build, '-j', String(jobs())], {
    ...options,
    onLine: (line) => {
      const progress = parseNinjaLine(line);
      if (progress) onProgress(progress);
    },
  });
}

/**
 * Builds mediasoup-worker in `folder` and resolves with its path.
 *
 * @param {object} options
 * @param {string} options.mediasoupDir folder of the mediasoup package; it is only read
 * @param {string} options.folder temporary folder
 * @param {(message: string) => void} options.log
 * @param {(progress: { done: number, total: number }) => void} options.onProgress
 * @param {NodeJS.ProcessEnv} options.env
 * @param {AbortSignal} [options.signal] ends the build
 */
export async function buildWorker({ mediasoupDir, folder, log, onProgress, env, signal }) {
  if (platform() !== 'linux') {
    throw new WorkerBuildError(
      `mediasoup-worker can be built here only on Linux, not on ${platform()}: ` +
        'give a worker with MEDIASOUP_WORKER_BIN',
    );
  }
  const why = 'Building mediasoup-worker';
  await ensurePackages({ packages: BUILD_PACKAGES, why, log, env, signal });

  const sources = join(folder, 'worker');
  const build = join(folder, 'build');
  await copySources(mediasoupDir, sources);
  await mendDtlsTransport(sources);
  log(`building mediasoup-worker from source (${jobs()} compilers at once, takes some minutes)`);
  await compile({ sources, build, env, onProgress, signal });
  return join(build, WORKER_FILE);
}
