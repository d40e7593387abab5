import { defineConfig } from 'tsup';
import { classNames } from '../../scripts/classNames.mjs';

// CommonJS only; scripts/esm-entries.mjs adds the entry for ESM. msgpackr is bundled: installed, it
// would bring a package with native code and an install script. Where that one (msgpackr-extract)
// is there anyway, it is used.
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['cjs'],
  target: 'node20',
  platform: 'node',
  // Classes keep the names that applications see in logs.
  plugins: [classNames()],
  sourcemap: true,
  clean: true,
  dts: true,
  noExternal: ['msgpackr'],
  external: ['msgpackr-extract'],
  tsconfig: 'tsconfig.build.json',
});
