import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from './support/clients.js';
import { ObservedDaemon } from './support/ObservedDaemon.js';

let folder: string;
let tokenFile: string;

const inFolder = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tureen-faults-'));
  tokenFile = inFolder('token');
  await writeFile(tokenFile, 'correct-horse\n');
  await writeFile(inFolder('empty'), '\n');
  await writeFile(inFolder('two-words'), 'correct horse\n');
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface BadStart {
  what: string;
  args(): string[];
  environment?: () => NodeJS.ProcessEnv;
  /** What the message names. */
  named: RegExp;
}

const badStarts: BadStart[] = [
  { what: 'an unknown flag', args: () => ['--frobnicate'], named: /--frobnicate/ },
  { what: 'a word too many', args: () => ['surplus'], named: /surplus|too many arguments/ },
  {
    what: 'a token file that is not there',
    args: () => ['--token-file', inFolder('missing')],
    named: /token file \S+missing.*no such file/i,
  },
  {
    what: 'a folder for a token file',
    args: () => ['--token-file', folder],
    named: /token file \S*tureen-faults.*directory/i,
  },
  {
    what: 'an empty token file',
    args: () => ['--token-file', inFolder('empty')],
    named: /token file \S+empty /,
  },
  {
    what: 'a token of two words',
    args: () => ['--token-file', inFolder('two-words')],
    named: /token file \S+two-words /,
  },
  ...['abc', '65536', '-1', '1.5', ''].map((port) => ({
    what: `port "${port}"`,
    args: () => [`--port=${port}`],
    named: /--port/,
  })),
  {
    what: 'a bad port in the environment',
    args: () => [],
    environment: () => ({ TUREEN_PORT: 'abc' }),
    named: /TUREEN_PORT/,
  },
  {
    what: 'a switch in the environment that is neither on nor off',
    args: () => [],
    environment: () => ({ TUREEN_VERTICAL: 'perhaps' }),
    named: /TUREEN_VERTICAL.*expected true or false/,
  },
  ...['0.0.0.0', '::', '192.0.2.1'].map((host) => ({
    what: `address ${host} without a token`,
    args: () => ['--port', '0', '--host', host],
    named: new RegExp(`${host.replaceAll('.', '\\.')}.*token`),
  })),
  {
    what: 'an address that this host does not have',
    args: () => ['--port', '0', '--host', '192.0.2.1', '--token-file', tokenFile],
    named: /192\.0\.2\.1/,
  },
  {
    what: 'a name that nothing has',
    args: () => ['--port', '0', '--host', 'nowhere.invalid', '--token-file', tokenFile],
    named: /nowhere\.invalid/,
  },
  {
    what: 'an unknown log level',
    args: () => ['--log-level', 'loud'],
    named: /--log-level.*loud|loud.*--log-level/s,
  },
  {
    what: 'a flag without its value',
    args: () => ['--host'],
    named: /--host/,
  },
  {
    what: 'a resume window that is no time',
    args: () => ['--resume-window', 'soon'],
    named: /--resume-window/,
  },
];

describe('tureen-server does not start with', () => {
  test.each(badStarts)('$what', async ({ args, environment, named }) => {
    const daemon = await ObservedDaemon.run(args(), environment?.());

    expect(daemon.stderr).toMatch(named);
    expect(daemon).toMatchObject({ signal: null, stdout: '' });
    expect(daemon.code).toBeGreaterThan(0);
    // A message for people, not a dump of the program.
    expect(daemon.stderr).not.toMatch(/\n\s+at /);
  });

  test('a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');

    await once(other, 'listening');
    onTestFinished(() => void other.close());

    const { port } = other.address() as AddressInfo;
    const daemon = await ObservedDaemon.run(['--port', String(port)]);

    expect(daemon.stderr).toMatch(new RegExp(`port ${port} .*in use`));
    expect(daemon).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('tureen-server --help', () => {
  test('documents every flag with its environment twin', async () => {
    const { code, stdout, stderr } = await ObservedDaemon.run(['--help']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    // A description may go on in the next line.
    const lines = stdout.replace(/\n {4,}/g, ' ').split('\n');
    const documented = new Map(
      lines.flatMap((line) => {
        const [, name, twin] = /^ {2}(?:-\w, )?(--[a-z-]+).*?(?:env: (\w+)\))?$/.exec(line) ?? [];

        return name ? [[name, twin] as const] : [];
      }),
    );

    expect([...documented.keys()]).toEqual(
      expect.arrayContaining([
        '--host',
        '--port',
        '--token-file',
        '--announced-address',
        '--listen-ip',
        '--log-level',
        '--resume-window',
      ]),
    );
    documented.delete('--version');
    documented.delete('--help');
    expect([...documented.values()]).toEqual(
      [...documented.keys()].map(
        (name) => `TUREEN_${name.slice(2).replaceAll('-', '_').toUpperCase()}`,
      ),
    );
  });

  test('--version is one line', async () => {
    const { code, stdout } = await ObservedDaemon.run(['--version']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the environment', () => {
  test('works as the flags do', async () => {
    const daemon = await ObservedDaemon.start([], {
      TUREEN_PORT: '0',
      TUREEN_HOST: '127.0.0.2',
      TUREEN_TOKEN_FILE: tokenFile,
      TUREEN_LISTEN_IP: '127.0.0.1',
      TUREEN_ANNOUNCED_ADDRESS: 'media.example',
      TUREEN_LOG_LEVEL: 'debug',
    });

    expect(daemon.url).toMatch(/^ws:\/\/127\.0\.0\.2:\d+$/);
    expect(daemon.log.length).toBeGreaterThan(0);

    const { mediasoup } = await ObservedClient.connect(daemon.url, { token: 'correct-horse' });
    const router = await (await mediasoup.createWorker()).createRouter();
    const transport = await router.createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '0.0.0.0' }],
    });

    expect(transport.iceCandidates.map(({ address }) => address)).toEqual(['media.example']);
  });

  test.each([
    ['true', true],
    ['false', false],
    ['', false],
  ])('switches with "%s", too', async (value, on) => {
    const daemon = await ObservedDaemon.start([], { TUREEN_SEND_FULL_ERRORS: value });
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const refused = mediasoup.createWorker({ logLevel: 'chicken' as never });
    const { stack } = (await refused.catch((error: Error) => error)) as Error;

    expect(/mediasoup.node.lib/.test(stack ?? '')).toBe(on);
  });

  test('loses against flags', async () => {
    const daemon = await ObservedDaemon.start(
      ['--host', '127.0.0.3', '--port', '0', '--log-level', 'silent'],
      { TUREEN_HOST: '127.0.0.2', TUREEN_PORT: '1', TUREEN_LOG_LEVEL: 'debug' },
    );

    expect(daemon.url).toMatch(/^ws:\/\/127\.0\.0\.3:\d+$/);
    expect(daemon.stderr).toBe('');
  });
});

describe('the config file', () => {
  async function configured(config: unknown, args: string[] = [], environment = {}) {
    const file = inFolder(`config-${performance.now()}.json`);

    await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));

    return { file, start: [['--config', file, ...args], environment] as const };
  }

  test('loses against the environment and flags, and wins over defaults', async () => {
    const config = {
      host: '127.0.0.2',
      port: 1,
      'log-level': 'silent',
      'token-file': tokenFile,
      'send-full-errors': true,
      'announced-address': 'media.example',
      tag: ['region=eu', 'rack=7'],
    };
    const { start } = await configured(config, ['--host', '127.0.0.3'], { TUREEN_PORT: '0' });
    const daemon = await ObservedDaemon.start(...start);

    expect(daemon.url).toMatch(/^ws:\/\/127\.0\.0\.3:\d+$/);
    expect(daemon.stderr).toBe('');

    const { client, mediasoup } = await ObservedClient.connect(daemon.url, {
      token: 'correct-horse',
    });
    const refused = mediasoup.createWorker({ logLevel: 'chicken' as never });

    expect(((await refused.catch((error: Error) => error)) as Error).stack).toMatch(
      /mediasoup.node.lib/,
    );
    await expect(client.getStats()).resolves.toMatchObject({
      host: { tags: { region: 'eu', rack: '7' } },
    });
  });

  test('can be named by the environment', async () => {
    const { file } = await configured({ 'log-level': 'silent' });
    const daemon = await ObservedDaemon.start([], { TUREEN_CONFIG: file });

    expect(daemon.stderr).toBe('');
  });

  test.each<[unknown, RegExp]>([
    ['{', /cannot read config file \S+json: .*JSON/],
    [[], /config file \S+json: expected an object/],
    [{ prot: 1 }, /json, key "prot": there is no such flag/],
    [{ config: 'x' }, /key "config": there is no such flag/],
    [{ version: 'x' }, /key "version": there is no such flag/],
    [{ port: 65_536 }, /key "port": expected a number from 0 to 65535/],
    [{ port: null }, /key "port": expected a string or a number/],
    [{ port: [1, 2] }, /key "port": expected one value, not several/],
    [{ host: ['a', 'b'] }, /key "host": expected one value, not several/],
    [{ vertical: 'yes' }, /key "vertical": expected true or false/],
    [{ 'log-level': 'loud' }, /key "log-level": Allowed choices are debug/],
    [{ tag: ['a=1', 'a=2'] }, /key "tag": the tag a is given twice/],
  ])('%j is an error that names it', async (config, named) => {
    const { start } = await configured(config);
    const daemon = await ObservedDaemon.run([...start[0]]);

    expect(daemon).toMatchObject({ code: 1, stdout: '' });
    expect(daemon.stderr).toMatch(named);
    expect(daemon.stderr).not.toMatch(/\n\s+at /);
  });

  test('that is not there is one, too', async () => {
    const daemon = await ObservedDaemon.run(['--config', inFolder('missing.json')]);

    expect(daemon.code).toBe(1);
    expect(daemon.stderr).toMatch(/cannot read config file \S+missing\.json: .*no such file/);
  });
});

describe('standard output', () => {
  test('is one line, whatever happens', async () => {
    const daemon = await ObservedDaemon.start(['--log-level', 'debug']);
    const { mediasoup, client } = await ObservedClient.connect(daemon.url);
    const worker = await mediasoup.createWorker({ logLevel: 'debug', logTags: ['info'] });

    await (await worker.createRouter()).dump();
    await worker.dump();
    client.close();
    await daemon.endCleanly();
    // All else went to standard error, line by line in JSON.
    expect(daemon.log.length).toBe(daemon.stderr.trim().split('\n').length);
    expect(daemon.logged('ready')).toHaveLength(1);
  });

  test('never tells the token', async () => {
    const daemon = await ObservedDaemon.start(['--token-file', tokenFile, '--log-level', 'debug']);
    const refused = new ObservedClient(daemon.url, { token: 'wrong-horse' });

    await refused.saw('close');
    await ObservedClient.connect(daemon.url, { token: 'correct-horse' });
    expect(daemon.stdout + daemon.stderr).not.toMatch(/horse/);
    expect(String(refused.errors[0])).not.toMatch(/horse/);
  });
});
