import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerfileParser, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { Daemon } from '../support/Daemon.js';
import { freePort } from '../support/freePort.js';
import { run, succeed } from '../packaging/run.js';
import { environmentTwins } from './support/daemonHelp.js';
import { shipped, shippedPath, temporaryFolder } from './support/shipped.js';

const repository = shippedPath('..');
const INSTALLING_MS = 180_000;

let text: string;
let instructions: Instruction[];

beforeAll(async () => {
  text = await shipped('docker', 'Dockerfile');
  instructions = DockerfileParser.parse(text).getInstructions();
});

const of = (keyword: string) =>
  instructions
    .filter((each) => each.getKeyword() === keyword)
    .map((each) => each.getArgumentsContent() ?? '');

/** What the last instruction of this kind has in its brackets. */
function execForm(keyword: string): string[] {
  const list = /\[.*\]$/s.exec(of(keyword).at(-1)!)?.[0];

  return JSON.parse(list!) as string[];
}

/** The variables of the image. */
function environment(): Record<string, string> {
  return Object.fromEntries(
    of('ENV')
      .join(' ')
      .split(/[\s\\]+/)
      .map((setting) => setting.split('=') as [string, string]),
  );
}

describe('the Dockerfile', () => {
  test('is one, and has none of the usual faults', () => {
    expect(validate(text)).toEqual([]);
    expect(validate(text.replace('STOPSIGNAL', 'STOPSIGNALS'))).not.toEqual([]);
  });

  test('makes an image whose daemon is not root, gets its signals itself and tells its health', async () => {
    expect(of('FROM').map((from) => from.split(' ')[0])).toEqual(
      Array<string>(3).fill('node:22-bookworm-slim'),
    );
    // By number: Kubernetes does not look names up.
    expect(of('USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(execForm('ENTRYPOINT')[0]).toBe('node');
    expect(execForm('HEALTHCHECK')[0]).toBe('node');
    expect(of('EXPOSE')).toEqual(['4600/tcp']);

    const twins = await environmentTwins();

    for (const name of Object.keys(environment()).filter((each) => each.startsWith('TUREEN_'))) {
      expect(twins).toContain(name);
    }
  });

  test('is built of this repository, and not of what a developer has beside it', async () => {
    const ignored = (await shipped('docker', 'Dockerfile.dockerignore')).split('\n');

    expect(ignored).toEqual(expect.arrayContaining(['.git', '**/node_modules', '**/dist']));
    for (const needed of ['packages', 'examples', 'scripts', 'package.json', 'package-lock.json']) {
      expect(ignored).not.toContain(needed);
    }
    expect(of('RUN')[0]).toMatch(/^npm ci /);
    expect(of('RUN')[1]).toBe('npm run build');
  });

  /*
   * There is no container engine where the tests run. These are the image's own commands, in folders
   * instead of file systems; `npm ci`, the build and the worker's download are those of this
   * repository's set-up, which has happened.
   */
  test(
    'installs a daemon that starts, is found healthy, serves and ends',
    async () => {
      const folder = await temporaryFolder();

      onTestFinished(folder.remove);

      const [packs, opt] = [join(folder.path, 'packs'), join(folder.path, 'opt')];
      const here = (command: string) =>
        command.replaceAll('/packs', packs).replaceAll('/opt/tureen', opt);
      const [, , pack, install, provide] = of('RUN');
      const [version] = of('ARG').map((each) => each.split('=')[1]!);
      const shell = (command: string, cwd: string) =>
        succeed('sh', ['-ec', here(command)], {
          cwd,
          environment: { MEDIASOUP_VERSION: version, npm_config_prefer_offline: 'true' },
          deadline: INSTALLING_MS,
        });

      await mkdir(opt);
      await shell(pack!, repository);
      await shell(install!, opt);
      await shell(provide!, opt);

      const [node, bin] = execForm('ENTRYPOINT');

      expect(node).toBe('node');

      const variables = Object.fromEntries(
        Object.entries(environment()).map(([name, value]) => [name, here(value)]),
      );
      const port = await freePort();
      const daemon = await Daemon.start(
        ['--token-file', await tokenFile(folder.path), '--health-port', String(port)],
        variables,
        here(bin!),
      );

      onTestFinished(() => daemon.stop().then(() => undefined));
      expect(new URL(daemon.url).hostname).toBe('0.0.0.0');

      const [probe, ...args] = execForm('HEALTHCHECK');
      const health = (port: string) =>
        run(probe!, args, { environment: { ...variables, TUREEN_HEALTH_PORT: port } });

      await expect(health(String(port))).resolves.toMatchObject({ code: 0 });
      await expect(health('1')).resolves.toMatchObject({ code: 1 });

      const client = new RemoteMediasoupClient(daemon.url.replace('0.0.0.0', '127.0.0.1'), {
        token: 'of-the-image',
      });

      onTestFinished(() => client.close());
      await once(client, 'mediasoup');
      expect(client.mediasoup!.version).toBe(version);
      await client.mediasoup!.createWorker();
      await expect(daemon.stop(of('STOPSIGNAL')[0] as NodeJS.Signals)).resolves.toBe(0);
    },
    INSTALLING_MS,
  );
});

async function tokenFile(folder: string): Promise<string> {
  const file = join(folder, 'token');

  await writeFile(file, 'of-the-image\n');

  return file;
}
