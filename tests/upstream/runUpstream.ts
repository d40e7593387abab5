import * as mediasoupItself from 'mediasoup';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { skipExceptions, type StartedTarget, type Target } from '../support/targets.js';
import { exceptions } from './exceptions.js';
import {
  loadUpstream,
  upstreamFiles,
  type UpstreamFile,
  type UpstreamStep,
} from './loadUpstream.js';

/** Jest's default, which mediasoup's suite counts on. */
const DEFAULT_TIMEOUT = 5000;

/** Its timeouts are meant for a machine that does nothing else. */
const timeoutScale = Number(process.env.UPSTREAM_TIMEOUT_SCALE ?? 4);

/**
 * Declares mediasoup's own test suite, 17 files, each with a freshly started target. Every timeout
 * is multiplied by the environment variable UPSTREAM_TIMEOUT_SCALE (default 4).
 *
 * @param files - Default: all.
 */
export function runUpstream(target: Target, files: readonly string[] = upstreamFiles()): void {
  skipExceptions(target);
  describe.each(files)('%s', (file) => {
    const publicOnly = !target.ownObjects;
    // The names of the tests are needed before the target has started.
    const declared = loadUpstream(file, {
      mediasoup: mediasoupItself,
      publicOnly,
      timeoutScale,
    });
    let started: StartedTarget;
    let loaded: UpstreamFile;

    beforeAll(async () => {
      started = await target.start();
      // With a class missing, the suite's `toThrow(undefined)` would accept any error.
      expect(started.mediasoup.errors).toMatchObject(
        Object.fromEntries(
          Object.keys(mediasoupItself.errors).map((name) => [name, expect.any(Function)]),
        ),
      );
      loaded = loadUpstream(file, { mediasoup: started.mediasoup, publicOnly, timeoutScale });
    });

    // Undefined if it did not start, which is what has to be told then.
    afterAll(() => (started as StartedTarget | undefined)?.stop());

    declared.beforeEach.forEach((step, index) =>
      beforeEach(async () => void (await loaded.beforeEach[index]!.run()), timeoutOf(step)),
    );
    declared.afterEach.forEach((step, index) =>
      afterEach(async () => void (await loaded.afterEach[index]!.run()), timeoutOf(step)),
    );
    declared.tests.forEach((step, index) => {
      const declare = failsOn(target, file, step.name) ? test.fails : test;

      declare(step.name, async () => void (await loaded.tests[index]!.run()), timeoutOf(step));
    });
  });
}

function timeoutOf({ timeout = DEFAULT_TIMEOUT }: UpstreamStep): number {
  return timeout * timeoutScale;
}

function failsOn(target: Target, file: string, name: string): boolean {
  const exception = exceptions.find((entry) => entry.file === file && entry.test === name);

  return exception?.publicPart === 'fails' && !target.ownObjects && !target.ownMedia;
}
