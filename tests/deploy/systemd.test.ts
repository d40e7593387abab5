import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { run } from '../packaging/run.js';
import { failure, healthOf } from '../security/support/attempts.js';
import { until } from '../support/events.js';
import { environmentTwins } from './support/daemonHelp.js';
import { shipped, substitute, temporaryFolder } from './support/shipped.js';
import { findTool } from './support/tools.js';

const command = '/opt/tureen/node_modules/.bin/tureen-server';

/** The settings of a unit; of one that is there several times, all values. */
async function unitSettings(): Promise<Map<string, string[]>> {
  const settings = new Map<string, string[]>();

  for (const [, name, value] of (await shipped('systemd', 'tureen-server.service')).matchAll(
    /^(\w+)=(.*)$/gm,
  )) {
    settings.set(name!, [...(settings.get(name!) ?? []), value!]);
  }

  return settings;
}

/** What an environment file sets, or would if the line were no comment. */
async function environmentFile(commented = false): Promise<Record<string, string>> {
  const text = await shipped('systemd', 'tureen-server.env');
  const lines = text.matchAll(commented ? /^#?([A-Z_]+)=(.*)$/gm : /^([A-Z_]+)=(.*)$/gm);

  return Object.fromEntries([...lines].map(([, name, value]) => [name!, value!]));
}

describe('the systemd unit', () => {
  const found = findTool('systemd-analyze');
  const why = 'missing' in found ? ` (${found.missing})` : '';

  describe.skipIf('missing' in found)(`by systemd-analyze${why}`, () => {
    const path = 'path' in found ? found.path : '';

    async function analyze(change: Record<string, string>, ...args: string[]) {
      const folder = await temporaryFolder();

      onTestFinished(folder.remove);

      const unit = join(folder.path, 'tureen-server.service');
      const text = await shipped('systemd', 'tureen-server.service');

      // The daemon is not installed here, but some program there must be.
      await writeFile(unit, substitute(text, { [command]: process.execPath, ...change }));

      return run(path, [...args, unit]);
    }

    test('is a unit, without a word that systemd does not know', async () => {
      const said = await analyze({}, 'verify');

      expect(said).toEqual({ code: 0, stdout: '', stderr: '' });

      const wrong = await analyze({ 'UMask=': 'UMsak=' }, 'verify');

      expect(wrong.stderr).toContain('UMsak');
    });

    test('leaves the service little that it could harm', async () => {
      // Of 100; a unit without any hardening has 96.
      const security = ['security', '--offline=true', '--threshold=15', '--no-pager'];

      await expect(analyze({}, ...security)).resolves.toMatchObject({ code: 0 });
      await expect(analyze({ 'DynamicUser=yes': '' }, ...security)).resolves.toMatchObject({
        code: 1,
      });
    });
  });

  test('lets rooms end before it ends', async () => {
    const settings = await unitSettings();
    const { TUREEN_DRAIN_TIMEOUT: drain } = await environmentFile();
    const [stop] = settings.get('TimeoutStopSec')!;

    // Closing takes 10 s at most.
    expect(Number(stop)).toBeGreaterThanOrEqual(Number(drain) + 15);
    expect(Object.fromEntries(settings)).toMatchObject({
      KillSignal: ['SIGTERM'],
      KillMode: ['mixed'],
      Restart: ['on-failure'],
    });
    expect(Number(settings.get('LimitNOFILE')![0])).toBeGreaterThanOrEqual(65_536);
  });

  test('its settings are those of the daemon', async () => {
    const twins = await environmentTwins();
    const names = Object.keys(await environmentFile(true));
    const ofUnit = (await unitSettings())
      .get('Environment')!
      .map((setting) => setting.split('=')[0]!);

    expect(names.length).toBeGreaterThan(5);
    for (const name of [...names, ...ofUnit].filter((each) => each.startsWith('TUREEN_'))) {
      expect(twins).toContain(name);
    }
  });

  test('starts a daemon that wants the token, tells its health and drains', async () => {
    const folder = await temporaryFolder();

    onTestFinished(folder.remove);
    await writeFile(join(folder.path, 'token'), 'of-the-unit\n');

    const settings = await unitSettings();
    const ofUnit = Object.fromEntries(
      settings.get('Environment')!.map((setting) => {
        const at = setting.indexOf('=');

        return [setting.slice(0, at), setting.slice(at + 1).replace('%d', folder.path)];
      }),
    );

    expect(settings.get('LoadCredential')![0]).toMatch(/^token:/);
    expect(settings.get('ExecStart')).toEqual([command]);

    const daemon = await ObservedDaemon.start([], {
      ...(await environmentFile()),
      ...ofUnit,
      // Those that are written there may be in use here.
      TUREEN_PORT: '0',
      TUREEN_HEALTH_PORT: '0',
    });

    expect(new URL(daemon.url).hostname).toBe('0.0.0.0');
    expect(new URL(healthOf(daemon)).hostname).toBe('127.0.0.1');

    const url = daemon.url.replace('0.0.0.0', '127.0.0.1');

    await expect(failure(url, { token: 'another' })).resolves.toMatchObject({
      name: 'AuthenticationError',
    });

    const client = new RemoteMediasoupClient(url, { token: 'of-the-unit' });

    onTestFinished(() => client.close());
    await once(client, 'mediasoup');

    const worker = await client.mediasoup!.createWorker();

    daemon.signal('SIGTERM');
    await until('it to drain', async () => {
      const { status } = await fetch(`${healthOf(daemon)}/readyz`);

      return status === 503;
    });
    expect(worker.closed).toBe(false);
    worker.close();
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
  });
});
