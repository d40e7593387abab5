import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  MissingPackagesError,
  administratorCommand,
  ensurePackages,
  missingPackages,
} from '../../packages/remote-server/worker-build/index.mjs';
import { environment, script, temporaryFolder } from './sandbox.js';

const WANTED = ['cmake', 'g++', 'libuv1-dev'];

/** A host where only cmake is installed, g++ was removed, and libuv1-dev is not known at all. */
function host() {
  const folder = temporaryFolder();
  const calls = join(folder, 'apt-get.calls');
  script(
    join(folder, 'bin', 'dpkg-query'),
    'echo "cmake installed"',
    'echo "g++ config-files"',
    'echo "dpkg-query: no packages found matching libuv1-dev" >&2',
    'exit 1',
  );
  return {
    env: environment(folder),
    /** apt-get that fails as long as `failsWhen` (shell) holds. */
    aptGet: (failsWhen: string) =>
      script(
        join(folder, 'bin', 'apt-get'),
        `if ${failsWhen}; then status=100; else status=0; fi`,
        `echo "$*" >> ${calls}`,
        'exit $status',
      ),
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    calledUpdate: `grep -q update ${calls} 2>/dev/null`,
  };
}

test('only what is missing is asked for', async () => {
  expect(await missingPackages(WANTED, host())).toEqual(['g++', 'libuv1-dev']);
});

test('where there is no dpkg, nothing is known', async () => {
  expect(await missingPackages(WANTED, { env: { PATH: temporaryFolder() } })).toBeUndefined();
});

test('who is not root is told the one command for an administrator', async () => {
  const { env, aptGet, calls } = host();
  aptGet('false');

  const error = await ensurePackages({
    packages: WANTED,
    why: 'Building',
    env,
    isRoot: false,
  }).catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(MissingPackagesError);
  const { message, packages, command } = error as MissingPackagesError;
  expect(packages).toEqual(['g++', 'libuv1-dev']);
  expect(command).toBe('sudo apt-get install -y --no-install-recommends g++ libuv1-dev');
  expect(message).toBe(
    'Building needs Debian packages that are not installed: g++ libuv1-dev\n' +
      `Ask an administrator to run:\n\n  ${command}\n`,
  );
  expect(calls()).toEqual([expect.stringContaining('--simulate')]);
});

test('the command updates the package lists first where they do not know the packages', async () => {
  const { env, aptGet } = host();
  aptGet('true');

  await expect(
    ensurePackages({ packages: WANTED, why: 'Building', env, isRoot: false }),
  ).rejects.toThrow(administratorCommand(['g++', 'libuv1-dev'], { listsAreStale: true }));
  expect(administratorCommand(['x'], { listsAreStale: true })).toMatch(/^sudo apt-get update && /);
});

test('root installs without an update when the package lists will do', async () => {
  const { env, aptGet, calls } = host();
  aptGet('false');

  await ensurePackages({ packages: WANTED, why: 'Building', env, isRoot: true });

  expect(calls()).toHaveLength(2);
  expect(calls()[1]).toMatch(/install -y --no-install-recommends g\+\+ libuv1-dev$/);
});

test('root updates the package lists when they do not know the packages', async () => {
  const { env, aptGet, calls, calledUpdate } = host();
  aptGet(`! ${calledUpdate} && ! echo "$*" | grep -q update`);

  await ensurePackages({ packages: WANTED, why: 'Building', env, isRoot: true });

  expect(calls().map((call) => /simulate|update|install/.exec(call)?.[0])).toEqual([
    'simulate',
    'update',
    'install',
  ]);
});

test('root updates the package lists when they name versions that are gone', async () => {
  const { env, aptGet, calls, calledUpdate } = host();
  aptGet(`! ${calledUpdate} && ! echo "$*" | grep -q -e update -e simulate`);

  await ensurePackages({ packages: WANTED, why: 'Building', env, isRoot: true });

  expect(calls().map((call) => /simulate|update|install/.exec(call)?.[0])).toEqual([
    'simulate',
    'install',
    'update',
    'install',
  ]);
});
