import { createRequire } from 'node:module';
import path from 'node:path';
import { defineConfig, type Options } from 'tsup';
import { classNames } from '../../scripts/classNames.mjs';

const require = createRequire(import.meta.url);
const mediasoupLib = path.dirname(require.resolve('mediasoup'));
type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Modules of mediasoup that its package does not export. */
const internalModules: Plugin = {
  name: 'mediasoup-internal',
  setup(build) {
    build.onResolve({ filter: /^mediasoup-internal\// }, ({ path: name }) => ({
      path: path.join(mediasoupLib, `${name.slice('mediasoup-internal/'.length)}.js`),
    }));
  },
};

/**
 * What comes from mediasoup is bundled once, in library.cjs. A second copy of its classes would
 * make errors that `instanceof` does not know.
 */
const oneLibrary: Plugin = {
  name: 'one-library',
  setup(build) {
    build.onResolve({ filter: /\/library\.js$/ }, () => ({
      path: './library.cjs',
      external: true,
    }));
    build.onResolve({ filter: /^mediasoup(\/|$)/ }, ({ importer, kind }) => {
      if (kind === 'dynamic-import') {
        return { external: true };
      }
      if (!importer.endsWith('/src/library.ts')) {
        return { errors: [{ text: 'only library.ts may import from mediasoup' }] };
      }

      return undefined;
    });
  },
};

// CommonJS only; scripts/esm-entries.mjs adds the entries for ESM.
export default defineConfig({
  entry: ['src/index.ts', 'src/library.ts', 'src/mock.ts'],
  format: ['cjs'],
  target: 'node20',
  platform: 'node',
  // Classes keep the names that applications see in logs.
  plugins: [classNames()],
  sourcemap: true,
  clean: true,
  dts: { resolve: ['@tureen/manager'] },
  tsconfig: 'tsconfig.build.json',
  noExternal: [/^mediasoup(-internal)?(\/|$)/, '@tureen/manager'],
  // mediasoup's h264-profile-level-id is bundled too: by itself it asks for a newer Node.
  external: ['@tureen/protocol', 'ws', 'debug', 'flatbuffers'],
  esbuildPlugins: [internalModules, oneLibrary],
});
