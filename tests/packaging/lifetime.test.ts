import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';
import { until } from '../support/events.js';
import { noWorkersLeft, workerProcesses } from '../support/useTarget.js';
import { run, type Ran } from './run.js';

const here = import.meta.dirname;

/** Runs code of an application that takes the package in mediasoup's place. */
function app(code: string, environment: NodeJS.ProcessEnv): Promise<Ran> {
  return run(process.execPath, ['-e', source(code)], {
    cwd: here,
    environment,
    deadline: 45_000,
  });
}

const source = (code: string): string =>
  `const mediasoup = require('@tureen/mediasoup'); const { once } = require('node:events');
   (async () => { ${code} })().catch((error) => { console.error(error); process.exit(1); });`;

describe('a process with the drop-in package', { timeout: 60_000 }, () => {
  let daemon: Daemon;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    // An application that is killed leaves a session, which is not kept for long here.
    daemon = await Daemon.start(['--resume-window', '1']);
    environment = { TUREEN_URL: daemon.url };
  });

  afterAll(async () => {
    await daemon.stop();
    await noWorkersLeft();
  });

  test('needs no daemon for what needs no worker, and ends', async () => {
    const ran = await app(
      `console.log(mediasoup.version, typeof mediasoup.workerBin,
         mediasoup.getSupportedRtpCapabilities().codecs.length > 3,
         mediasoup.parseScalabilityMode('L2T3').spatialLayers,
         new mediasoup.errors.NotFoundError('x') instanceof Error,
         mediasoup.ortc.generateRouterRtpCapabilities([]).codecs.length);
       mediasoup.setLogEventListeners({ onerror() {} });
       mediasoup.observer.on('newworker', () => {});`,
      {},
    );

    expect(ran).toEqual({ code: 0, stderr: '', stdout: '3.27.1 string true 2 true 0\n' });
  });

  test('ends when its last worker has closed', async () => {
    const ran = await app(
      `const workers = await Promise.all([mediasoup.createWorker(), mediasoup.createWorker()]);
       console.log(new Set(workers.map(({ pid }) => pid)).size);
       for (const worker of workers) worker.close();`,
      environment,
    );

    expect(ran).toEqual({ code: 0, stderr: '', stdout: '2\n' });
    await noWorkersLeft();
  });

  test('may close a worker and create another', async () => {
    const ran = await app(
      `for (let round = 0; round < 3; round++) {
         const worker = await mediasoup.createWorker();
         const closed = once(worker, 'subprocessclose');
         await worker.createRouter();
         worker.close();
         if (round > 0) await closed;
       }
       console.log('done');`,
      environment,
    );

    expect(ran).toEqual({ code: 0, stderr: '', stdout: 'done\n' });
    await noWorkersLeft();
  });

  test('may end in the same tick in which it closes its worker, or without closing it', async () => {
    for (const code of ['worker.close(); process.exit(3);', 'process.exit(3);']) {
      const ran = await app(`const worker = await mediasoup.createWorker(); ${code}`, environment);

      expect(ran).toEqual({ code: 3, stderr: '', stdout: '' });
      await noWorkersLeft();
    }
  });

  test('lives as long as there is a worker, as with mediasoup', async () => {
    const { child, lines } = await start(
      `const worker = await mediasoup.createWorker();
       console.log(worker.pid);
       // Does not keep the process alive by itself.
       setTimeout(() => console.log('alive'), 500).unref();`,
      environment,
    );

    expect(workerProcesses()).toContain(Number(lines[0]));
    await until('a sign of life', () => lines[1] === 'alive');
    child.kill('SIGTERM');
    await once(child, 'exit');
    await noWorkersLeft();
  });

  test('hears of the death of its workers when the daemon is killed, and ends', async () => {
    const mortal = await Daemon.start();
    const { child, lines } = await start(
      `const worker = await mediasoup.createWorker();
       const router = await worker.createRouter();
       worker.on('died', () => console.log('died', worker.closed, router.closed));
       worker.on('subprocessclose', () => console.log('subprocessclose'));
       console.log('ready');`,
      { TUREEN_URL: mortal.url },
    );
    const exited = once(child, 'exit');

    await mortal.stop('SIGKILL');
    expect(await exited).toEqual([0, null]);
    expect(lines).toEqual(['ready', 'died true true', 'subprocessclose']);
    await noWorkersLeft();
  });

  test('gets workers again when the daemon has come back', async () => {
    const first = await Daemon.start();
    const port = new URL(first.url).port;
    const { child, lines } = await start(
      `const create = async () => {
         const worker = await mediasoup.createWorker();
         worker.on('died', () => { console.log('died'); void create(); });
         console.log('created');
       };
       await create();
       process.on('SIGTERM', () => process.exit(0));`,
      { TUREEN_URL: first.url },
    );

    await first.stop('SIGKILL');
    await until('the death', () => lines.includes('died'));

    const second = await Daemon.start(['--port', port]);

    onTestFinished(() => second.stop().then(() => undefined));
    await until('another worker', () => lines.length === 3);
    expect(lines).toEqual(['created', 'died', 'created']);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await noWorkersLeft();
  });

  test('is told at once when there is no daemon, and may try again', async () => {
    const ran = await app(
      `const { errors } = mediasoup;
       for (const url of ['', 'ws://127.0.0.1:1', 'http://127.0.0.1', ${JSON.stringify(daemon.url)}]) {
         process.env.TUREEN_URL = url;
         const worker = await mediasoup.createWorker().catch((error) => error);
         console.log(worker instanceof Error ? worker.name + ': ' + worker.message : 'created');
         if (!(worker instanceof Error)) worker.close();
       }`,
      {},
    );
    const [unset, refused, wrong, created] = ran.stdout.split('\n');

    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(unset).toMatch(/^ConnectionError: TUREEN_URL is not set: .*set TUREEN_URL to/);
    expect(refused).toMatch(/^ConnectionError: cannot connect to ws:\/\/127.0.0.1:1.*ECONNREFUSED/);
    expect(wrong).toMatch(/^ConnectionError: TUREEN_URL is wrong: wrong URL scheme "http:"/);
    expect(created).toBe('created');
    await noWorkersLeft();
  });

  test('sends the token of its file, and names a file that is wrong', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tureen-token-'));

    onTestFinished(() => rm(folder, { recursive: true }));

    const file = (name: string): string => join(folder, name);

    await writeFile(file('token'), 'secret-of-the-daemon\n');
    await writeFile(file('other'), 'another\n');
    await writeFile(file('empty'), '\n');
    await writeFile(file('words'), 'two words\n');

    const careful = await Daemon.start(['--token-file', file('token')]);

    onTestFinished(() => careful.stop().then(() => undefined));

    const files = ['token', 'other', '', 'empty', 'none', 'words'].map(
      (name) => name && file(name),
    );
    const ran = await app(
      `for (const file of ${JSON.stringify(files)}) {
         process.env.TUREEN_TOKEN_FILE = file;
         const worker = await mediasoup.createWorker().catch((error) => error);
         console.log(worker instanceof Error ? worker.name + ': ' + worker.message : 'created');
         if (!(worker instanceof Error)) {
           worker.close();
           await once(worker, 'subprocessclose');
           await new Promise(setImmediate);
         }
       }`,
      { TUREEN_URL: careful.url },
    );
    const [right, other, missing, empty, none, words] = ran.stdout.split('\n');

    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(right).toBe('created');
    expect(other).toMatch(/^AuthenticationError: /);
    expect(missing).toMatch(/^AuthenticationError: /);
    expect(empty).toMatch(/^ConnectionError: TUREEN_TOKEN_FILE is empty/);
    expect(none).toMatch(/^ConnectionError: TUREEN_TOKEN_FILE cannot be read: ENOENT/);
    expect(words).toMatch(/^ConnectionError: TUREEN_TOKEN_FILE must hold one token/);
    await noWorkersLeft();
  });

  test('may ask for its workerBin, which stands for the worker of the daemon', async () => {
    const ran = await app(
      `const worker = await mediasoup.createWorker({ workerBin: mediasoup.workerBin });
       worker.close();
       await mediasoup.createWorker({ workerBin: '/bin/true' }).catch((error) => console.log(
         error instanceof TypeError, error.name));`,
      { ...environment, MEDIASOUP_WORKER_BIN: '/nowhere/mediasoup-worker' },
    );

    expect(ran).toEqual({ code: 0, stderr: '', stdout: 'true SettingRefusedError\n' });
    await noWorkersLeft();
  });
});

/** Starts an application that goes on, and waits for its first line. */
async function start(
  code: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; lines: string[] }> {
  const child = spawn(process.execPath, ['-e', source(code)], {
    cwd: here,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];

  onTestFinished(() => void child.kill('SIGKILL'));
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await until('the first line of the application', () => lines.length > 0);

  return { child, lines };
}
