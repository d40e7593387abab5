import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { expect, vi } from 'vitest';
import { certificateFolder } from '../support/certificate.js';
import type { Mediasoup } from '../support/targets.js';
import { publicPartOf } from './exceptions.js';

const testFolder = join(dirname(createRequire(import.meta.url).resolve('mediasoup')), 'test');

export interface UpstreamStep {
  name: string;
  run: () => unknown;
  /** In milliseconds, if the suite asks for another one than jest's default. */
  timeout?: number;
}

/** What a test file of mediasoup's suite declares. */
export interface UpstreamFile {
  tests: UpstreamStep[];
  beforeEach: UpstreamStep[];
  afterEach: UpstreamStep[];
}

export interface LoadOptions {
  mediasoup: Mediasoup;
  /** Leave out what looks into mediasoup's own objects. */
  publicOnly: boolean;
  /** Deadlines that the suite sets itself are multiplied by this. */
  timeoutScale: number;
}

/** Milliseconds: what waits shorter waits for something to happen, not for it to be too late. */
const shortestDeadline = 3000;

/** The suite's files by their subject, such as "Producer". */
export function upstreamFiles(): string[] {
  return readdirSync(testFolder).flatMap((name) => /^test-(.+)\.js$/.exec(name)?.[1] ?? []);
}

/**
 * Executes a test file of mediasoup's npm package with another mediasoup in the place of the
 * library it tests, and gives what it declared, without running any of it.
 */
export function loadUpstream(file: string, options: LoadOptions): UpstreamFile {
  const filename = join(testFolder, `test-${file}.js`);
  const source = readFileSync(filename, 'utf8');
  const declared: UpstreamFile = { tests: [], beforeEach: [], afterEach: [] };

  const scope = {
    exports: {},
    require: requireFor(filename, options.mediasoup),
    // One file reads a certificate next to itself, which the package does not contain.
    __dirname: file === 'Worker' ? certificateFolder : testFolder,
    jest: vi,
    setTimeout: (callback: () => void, delay: number) =>
      setTimeout(callback, delay < shortestDeadline ? delay : delay * options.timeoutScale),
    expect,
    test: (name: string, run: () => unknown, timeout?: number) =>
      declared.tests.push({ name, run, timeout }),
    beforeEach: (run: () => unknown, timeout?: number) =>
      declared.beforeEach.push({ name: 'beforeEach', run, timeout }),
    afterEach: (run: () => unknown, timeout?: number) =>
      declared.afterEach.push({ name: 'afterEach', run, timeout }),
  };

  compileFunction(options.publicOnly ? publicPartOf(source) : source, Object.keys(scope), {
    filename,
  })(...Object.values(scope));

  return declared;
}

/** The public modules of the library come from the subject, everything else from the package. */
function requireFor(filename: string, mediasoup: Mediasoup): (id: string) => unknown {
  const packageRequire = createRequire(filename);
  const subject = new Map<string, unknown>([
    ['../', mediasoup],
    ['../errors', mediasoup.errors],
    ['../ortc', mediasoup.ortc],
    ['../extras', mediasoup.extras],
  ]);

  return (id) => (subject.has(id) ? subject.get(id) : packageRequire(id));
}
