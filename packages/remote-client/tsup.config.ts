import { createRequire } from 'node:module';
import path from 'node:path';
import { defineConfig } from 'tsup';

const require = createRequire(import.meta.url);
const mediasoupLib = path.dirname(require.resolve('mediasoup'));

/** Modules of mediasoup that its package does not export. */
const internalModules = {
  name: 'mediasoup-internal',
  setup(build: {
    onResolve(
      options: { filter: RegExp },
      resolve: (args: { path: string }) => { path: string },
    ): void;
  }) {
    build.onResolve({ filter: /^mediasoup-internal\// }, ({ path: name }) => ({
      path: path.join(mediasoupLib, `${name.slice('mediasoup-internal/'.length)}.js`),
    }));
  },
};

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
  dts: true,
  tsconfig: 'tsconfig.build.json',
  noExternal: [/^mediasoup(-internal)?(\/|$)/],
  external: ['@tureen/protocol', 'ws', 'debug', 'flatbuffers', 'h264-profile-level-id'],
  esbuildPlugins: [internalModules],
  // What is bundled of mediasoup is CommonJS and asks for Node's modules with require().
  banner: ({ format }) =>
    format === 'esm'
      ? {
          js: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
        }
      : {},
});
