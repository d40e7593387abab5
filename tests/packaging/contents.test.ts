import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack, publicPackages, type Packed } from './packages.js';

const root = join(import.meta.dirname, '..', '..');

describe.each(publicPackages)('$name, as it would be published', (entry) => {
  let folder: string;
  let packed: Packed;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tureen-pack-'));
    packed = await pack(entry, folder);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('publint has nothing to say', async () => {
    const { messages, pkg } = await publint({
      pack: { tarball: new Uint8Array(await readFile(packed.tarball)).buffer },
      strict: true,
    });

    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('it has its README, its licence and what was built, and no sources', () => {
    expect(packed.files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']));
    expect(packed.files.filter((file) => file.startsWith('dist/')).length).toBeGreaterThan(0);
    expect(packed.files.filter((file) => /^(src|build)\/|tsconfig|tsup/.test(file))).toEqual([]);
  });

  test('nothing runs when it is installed', () => {
    const scripts = Object.keys(packed.manifest.scripts ?? {});

    expect(scripts.filter((script) => /install|prepare/.test(script))).toEqual([]);
  });

  test('it tells nothing of the machine that it was built on', async () => {
    for (const file of packed.files) {
      expect(await readFile(join(entry.folder, file), 'utf8')).not.toContain(root);
    }
  });
});
