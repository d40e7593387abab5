import { describe, expect, test } from 'vitest';
import { compile } from './compile.js';

const COMPILING_MS = 120_000;

const clients = {
  '@tureen/remote-client': '@tureen/remote-client',
  '@tureen/protocol': '@tureen/protocol',
};
const dropIn = { mediasoup: '@tureen/mediasoup' };

/** What must not compile is in the application, as lines that expect an error. */
describe('an application typed by mediasoup compiles', { timeout: COMPILING_MS }, () => {
  test.each(['module', 'commonjs'] as const)(
    'with mediasoup itself, and with clients in its place: type %s',
    async (type) => {
      expect(
        await compile({
          files: ['room', 'module', 'clients'],
          packages: { ...clients, mediasoup: 'mediasoup' },
          type,
        }),
      ).toBe('');
    },
  );

  test.each(['module', 'commonjs'] as const)(
    'with all cores as one worker: type %s',
    async (type) => {
      expect(
        await compile({
          files: ['room', 'vertical'],
          packages: {
            ...clients,
            '@tureen/manager': '@tureen/manager',
            '@tureen/vertical': '@tureen/vertical',
            mediasoup: 'mediasoup',
          },
          type,
        }),
      ).toBe('');
    },
  );

  test('with the drop-in package under the name mediasoup, and clients beside it', async () => {
    expect(
      await compile({
        files: ['room', 'module', 'clients'],
        packages: { ...clients, ...dropIn },
      }),
    ).toBe('');
  });

  // mediasoup itself cannot be had by its subpaths there, the drop-in package can.
  test.each([
    ['clients', 'clients'],
    ['all cores as one worker', 'vertical'],
  ])('with %s in an old project', async (_, file) => {
    expect(
      await compile({
        files: ['room', file],
        packages: {
          ...clients,
          '@tureen/manager': '@tureen/manager',
          '@tureen/vertical': '@tureen/vertical',
          ...dropIn,
        },
        type: 'commonjs',
        compilerOptions: { module: 'CommonJS', moduleResolution: 'node10' },
      }),
    ).toBe('');
  });

  test('with the drop-in package in an old project', async () => {
    expect(
      await compile({
        files: ['room', 'module'],
        packages: dropIn,
        type: 'commonjs',
        compilerOptions: { module: 'CommonJS', moduleResolution: 'node10' },
      }),
    ).toBe('');
  });

  test('with the drop-in package for a bundler', async () => {
    expect(
      await compile({
        files: ['room', 'module'],
        packages: dropIn,
        compilerOptions: { module: 'ESNext', moduleResolution: 'Bundler' },
      }),
    ).toBe('');
  });
});
