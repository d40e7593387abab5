import { defineConfig } from 'tsup';

const common = {
  target: 'node20',
  platform: 'node',
  // Classes keep the names that applications see in logs.
  keepNames: true,
  sourcemap: true,
  tsconfig: 'tsconfig.build.json',
} as const;

export default defineConfig([
  { ...common, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true },
  { ...common, entry: ['src/bin.ts'], format: ['esm'] },
]);
