import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';
import { until } from '../support/events.js';
import { noWorkersLeft, workerProcesses } from '../support/useTarget.js';
import { LocalRegistry } from './LocalRegistry.js';
import { pack, publicPackages } from './packages.js';
import { Project } from './Project.js';
import { succeed } from './run.js';

const INSTALLING_MS = 180_000;
const require = createRequire(import.meta.url);

/** What `session()` of every application must come to. */
const expected = {
  version: '3.27.1',
  codecs: ['audio/opus'],
  announced: true,
  message: 'hello 51',
  appData: true,
  failure: 'Producer with id "nobody" not found',
  same: true,
  classes: true,
};

describe('installed from a registry', { timeout: INSTALLING_MS }, () => {
  let folder: string;
  let registry: LocalRegistry;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tureen-registry-'));
    registry = await LocalRegistry.start(
      await Promise.all(publicPackages.map((entry) => pack(entry, folder))),
    );
    daemon = await Daemon.start();
  }, INSTALLING_MS);

  afterAll(async () => {
    await daemon.stop();
    await registry.stop();
    await rm(folder, { recursive: true, force: true });
    await noWorkersLeft();
  });

  async function project(type: 'module' | 'commonjs', ...specs: string[]): Promise<Project> {
    const created = await Project.create(registry.url, type);

    onTestFinished(() => created.remove());
    await created.install(...specs);

    return created;
  }

  /** It ends by itself, in order, and leaves nothing behind. */
  async function expectSession(created: Project, file: string): Promise<void> {
    const ran = await created.node(file, { TUREEN_URL: daemon.url, DAEMON_URL: daemon.url });

    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual(expected);
    await until('the worker has gone', () => workerProcesses().length === 0);
  }

  describe('@tureen/mediasoup under the name mediasoup', () => {
    const alias = 'mediasoup@npm:@tureen/mediasoup';

    test('in an ESM application', async () => {
      const created = await project('module', alias);

      await created.add('app.mjs', 'session.cjs');
      await expectSession(created, 'app.mjs');
    });

    test('in a CommonJS application, with nothing native and nothing that runs to install', async () => {
      const created = await project('commonjs', alias);
      const installed = await created.installed();

      expect(installed['node_modules/mediasoup']?.version).toBe('3.27.1');
      expect(Object.values(installed).filter((entry) => entry.hasInstallScript)).toEqual([]);
      expect(await created.filesLike(/\.node$|\.gyp$|mediasoup-worker/)).toEqual([]);
      await created.add('app.cjs', 'session.cjs');
      await expectSession(created, 'app.cjs');
    });

    test('in a TypeScript application', async () => {
      const created = await project('commonjs', alias);

      await created.add('app.ts', 'session.cjs');
      await writeFile(join(created.folder, 'tsconfig.json'), JSON.stringify(oldTypeScript));
      await succeed(process.execPath, [require.resolve('typescript/bin/tsc')], {
        cwd: created.folder,
        deadline: 120_000,
      });
      await expectSession(created, 'app.js');
    });

    test('another package that wants a mediasoup beside it is content', async () => {
      const created = await project('commonjs', alias);
      const other = join(created.folder, 'other');

      await succeed('mkdir', [other]);
      await writeFile(
        join(other, 'package.json'),
        JSON.stringify({
          name: 'other',
          version: '1.0.0',
          peerDependencies: { mediasoup: '^3.19.0' },
        }),
      );
      await created.install('./other');
      expect(Object.keys(await created.installed())).not.toContain(
        'node_modules/mediasoup/node_modules/mediasoup',
      );
      await created.add('app.cjs', 'session.cjs');
      await expectSession(created, 'app.cjs');
    });
  });

  describe('@tureen/remote-client', () => {
    test('in an application of either kind, without mediasoup', async () => {
      const created = await project('commonjs', '@tureen/remote-client');
      const installed = await created.installed();

      expect(Object.keys(installed)).not.toContain('node_modules/mediasoup');
      expect(Object.values(installed).filter((entry) => entry.hasInstallScript)).toEqual([]);
      expect(await created.filesLike(/\.node$|\.gyp$/)).toEqual([]);
      await created.add('client.mjs', 'client.cjs', 'mock.mjs', 'session.cjs');
      await expectSession(created, 'client.mjs');
      await expectSession(created, 'client.cjs');

      // The mock needs mediasoup, and says so.
      expect(await created.node('mock.mjs')).toEqual({
        code: 0,
        stderr: '',
        stdout:
          'ConnectionError: RemoteMediasoupClientMock runs mediasoup on this machine, and it is ' +
          'not installed: npm install --save-dev mediasoup\ntrue undefined\n',
      });
    });
  });

  describe('@tureen/remote-server', () => {
    test('is a daemon that applications can use', async () => {
      const created = await project('module', '@tureen/remote-server', '@tureen/remote-client');
      const bin = join(created.folder, 'node_modules', '.bin', 'tureen-server');
      const { bin: own } = require('@tureen/remote-server/package.json') as {
        bin: Record<string, string>;
      };

      // mediasoup came with it, as its peer.
      expect(Object.keys(await created.installed())).toContain('node_modules/mediasoup');
      expect(await succeed(bin, ['--help'], { cwd: created.folder })).toContain('--token-file');

      const installedDaemon = await Daemon.start(
        [],
        {},
        join(created.folder, 'node_modules', '@tureen', 'remote-server', own['tureen-server']!),
      );

      onTestFinished(() => installedDaemon.stop().then(() => undefined));
      await created.add('client.mjs', 'session.cjs');

      const ran = await created.node('client.mjs', { DAEMON_URL: installedDaemon.url });

      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(ran.stdout)).toEqual(expected);
    });
  });
});

/** Settings as projects had them for years, but strict; Node's types are those of the tests. */
const oldTypeScript = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2022'],
    module: 'CommonJS',
    moduleResolution: 'node10',
    esModuleInterop: true,
    strict: true,
    skipLibCheck: false,
    typeRoots: [dirname(dirname(require.resolve('@types/node/package.json')))],
    types: ['node'],
  },
  files: ['app.ts'],
};
