import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  WorkerBinError,
  WorkerBuildError,
  cachedWorkerPath,
  ensureWorker,
} from '../../packages/remote-server/worker-build/index.mjs';
import {
  MEDIASOUP,
  environment,
  installWorker,
  realWorker,
  script,
  temporaryFolder,
  withoutPackages,
} from './sandbox.js';

const { version } = JSON.parse(readFileSync(join(MEDIASOUP, 'package.json'), 'utf8')) as {
  version: string;
};

function mediasoupFolder(folder: string): string {
  const mediasoupDir = join(folder, 'mediasoup');
  script(join(mediasoupDir, 'package.json'));
  writeFileSync(join(mediasoupDir, 'package.json'), JSON.stringify({ name: 'mediasoup', version }));
  return mediasoupDir;
}

function ownWorkerOf(mediasoupDir: string): string {
  return join(mediasoupDir, 'worker', 'out', 'Release', 'mediasoup-worker');
}

/** Publishes `worker` as mediasoup does; counts who asks. */
async function downloadServer(folder: string, worker: string) {
  const archive = join(folder, 'worker.tgz');
  execFileSync('tar', ['-czf', archive, '-C', dirname(worker), 'mediasoup-worker']);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end(readFileSync(archive));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests };
}

test('MEDIASOUP_WORKER_BIN wins over everything', async () => {
  const folder = temporaryFolder();
  const mediasoupDir = mediasoupFolder(folder);
  installWorker(ownWorkerOf(mediasoupDir));
  const chosen = script(join(folder, 'chosen'), 'exit 0');

  const env = { ...environment(folder), MEDIASOUP_WORKER_BIN: chosen };

  expect(await ensureWorker({ mediasoupDir, env })).toBe(chosen);
});

test.each([
  ['missing', (folder: string) => join(folder, 'nothing')],
  ['a folder', (folder: string) => folder],
  ['not executable', (folder: string) => join(mediasoupFolder(folder), '..', 'plain')],
])(
  'MEDIASOUP_WORKER_BIN that is %s is an error, not a reason to look elsewhere',
  async (_, path) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'plain'), '', { mode: 0o644 });
    const mediasoupDir = mediasoupFolder(folder);
    installWorker(ownWorkerOf(mediasoupDir));

    const env = { ...environment(folder), MEDIASOUP_WORKER_BIN: path(folder) };
    const error = await ensureWorker({ mediasoupDir, env }).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(WorkerBinError);
    expect((error as Error).message).toContain(path(folder));
  },
);

test("the worker in mediasoup's folder comes before a cached one", async () => {
  const folder = temporaryFolder();
  const env = environment(folder);
  const mediasoupDir = mediasoupFolder(folder);
  const own = installWorker(ownWorkerOf(mediasoupDir));
  installWorker(cachedWorkerPath(version, env));

  expect(await ensureWorker({ mediasoupDir, env })).toBe(own);
});

test('a worker that does not run on this host is passed over', async () => {
  const folder = temporaryFolder();
  const env = environment(folder);
  const mediasoupDir = mediasoupFolder(folder);
  const own = script(ownWorkerOf(mediasoupDir), 'exit 127');
  const cached = installWorker(cachedWorkerPath(version, env));
  const log: string[] = [];

  expect(await ensureWorker({ mediasoupDir, env, log: (line) => log.push(line) })).toBe(cached);
  expect(log).toEqual([`${own} does not run on this host, so it is passed over`]);
});

test('the cache holds one worker per mediasoup version and per host', () => {
  const env = { XDG_CACHE_HOME: '/somewhere' };

  expect(cachedWorkerPath('3.27.1', env)).not.toBe(cachedWorkerPath('3.27.0', env));
  expect(cachedWorkerPath('3.27.1', env)).toMatch(
    new RegExp(`^/somewhere/tureen/worker/3\\.27\\.1-linux-${process.arch}-(glibc[0-9.]+|musl)-`),
  );
  expect(cachedWorkerPath('3.27.1', { HOME: '/home/me', XDG_CACHE_HOME: 'relative' })).toMatch(
    /^\/home\/me\/\.cache\/tureen\//,
  );
});

test("mediasoup's prebuilt worker is downloaded once, verified and kept", async () => {
  const folder = temporaryFolder();
  const worker = installWorker(join(folder, 'published', 'mediasoup-worker'));
  const server = await downloadServer(folder, worker);
  const env = {
    ...environment(folder),
    MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: server.url,
  };
  const cached = cachedWorkerPath(version, env);
  const log: string[] = [];
  const options = { mediasoupDir: MEDIASOUP, env, log: (line: string) => log.push(line) };

  expect(await Promise.all([ensureWorker(options), ensureWorker(options)])).toEqual([
    cached,
    cached,
  ]);

  expect(readFileSync(cached).equals(readFileSync(realWorker()))).toBe(true);
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatch(
    new RegExp(`^/${version}/mediasoup-worker-${version}-linux-${process.arch}-kernel\\d+\\.tgz$`),
  );
  expect(log).toContain(
    `waiting for process ${process.pid}, which is providing the worker for mediasoup ${version}`,
  );
  expect(readdirSync(dirname(cached))).toEqual(['mediasoup-worker']);
  expect(existsSync(`${dirname(cached)}.lock`)).toBe(false);
});

test('a download that is no working worker is not kept; the build is next', async () => {
  const folder = temporaryFolder();
  withoutPackages(folder);
  // Answers like a worker when started by hand, and does nothing for mediasoup.
  const worker = script(join(folder, 'published', 'mediasoup-worker'), 'exit 41');
  const server = await downloadServer(folder, worker);
  const env = {
    ...environment(folder),
    MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: server.url,
  };
  const log: string[] = [];

  const error = await ensureWorker({
    mediasoupDir: MEDIASOUP,
    env,
    log: (line) => log.push(line),
  }).catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(WorkerBuildError);
  expect((error as Error).message).toContain('apt-get');
  expect(log.join('\n')).toContain('the prebuilt worker is not used');
  expect(readdirSync(dirname(cachedWorkerPath(version, env)))).toEqual([]);
});

test('TUREEN_WORKER_NO_DOWNLOAD=1 goes to the build without asking anybody', async () => {
  const folder = temporaryFolder();
  withoutPackages(folder);
  const worker = installWorker(join(folder, 'published', 'mediasoup-worker'));
  const server = await downloadServer(folder, worker);
  const env = {
    ...environment(folder),
    MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: server.url,
    TUREEN_WORKER_NO_DOWNLOAD: '1',
  };

  await expect(ensureWorker({ mediasoupDir: MEDIASOUP, env })).rejects.toThrow('apt-get');
  expect(server.requests).toEqual([]);
});

test('a cache that cannot be written says how to have another', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const env = { ...environment(folder), XDG_CACHE_HOME: join(folder, 'file') };

  await expect(ensureWorker({ mediasoupDir: MEDIASOUP, env })).rejects.toThrow('XDG_CACHE_HOME');
});
