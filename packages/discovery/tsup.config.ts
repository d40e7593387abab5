import { defineConfig } from 'tsup';
import { classNames } from '../../scripts/classNames.mjs';

// CommonJS only; scripts/esm-entries.mjs adds the entry for ESM.
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
  tsconfig: 'tsconfig.build.json',
});
