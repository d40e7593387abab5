import { defineConfig, type Options } from 'tsup';
import { classNames } from '../../scripts/classNames.mjs';

const common = {
  target: 'node20',
  platform: 'node',
  // Classes keep the names that applications see in logs.
  plugins: [classNames()],
  sourcemap: true,
  tsconfig: 'tsconfig.build.json',
} satisfies Options;

export default defineConfig([
  { ...common, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true },
  { ...common, entry: ['src/bin.ts'], format: ['esm'] },
]);
