import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  SourceError,
  mendDtlsTransport,
  parseNinjaLine,
} from '../../packages/remote-server/worker-build/index.mjs';
import { MEDIASOUP, temporaryFolder } from './sandbox.js';

const FILE = join('src', 'RTC', 'DtlsTransport.cpp');

function sources(): { folder: string; path: string } {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'src', 'RTC'), { recursive: true });
  return { folder, path: join(folder, FILE) };
}

test('the DTLS fault is mended in one line and nothing else', async () => {
  const original = join(MEDIASOUP, 'worker', FILE);
  const { folder, path } = sources();
  cpSync(original, path);

  await mendDtlsTransport(folder);

  const before = readFileSync(original, 'utf8').split('\n');
  const after = readFileSync(path, 'utf8').split('\n');
  const changed = after.filter((line, index) => line !== before[index]);
  expect(after).toHaveLength(before.length);
  expect(changed).toHaveLength(1);
  expect(changed[0]).toContain('(operationType & BIO_CB_RETURN) ?');
});

test.each([
  ['mended already', 'x = (operationType & BIO_CB_RETURN) ? 1 : 2;'],
  ['there twice', '(operationType == BIO_CB_RETURN) (operationType == BIO_CB_RETURN)'],
])('a line that is %s stops the build and leaves the file alone', async (_, text) => {
  const { folder, path } = sources();
  writeFileSync(path, text);

  await expect(mendDtlsTransport(folder)).rejects.toThrow(SourceError);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test("ninja's counter is read, its other lines are not", () => {
  expect(parseNinjaLine('[12/260] Building CXX object a.o')).toEqual({ done: 12, total: 260 });
  expect(parseNinjaLine('a.cpp:1:2: error: [3/4]')).toBeUndefined();
});
