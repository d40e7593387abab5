/**
 * How tsup builds a package of one entry: CommonJS only; scripts/esm-entries.mjs adds the entry for
 * ESM. What names its classes for logs is up to the package.
 */
export const library = {
  entry: ['src/index.ts'],
  format: ['cjs'],
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
  dts: true,
  tsconfig: 'tsconfig.build.json',
};
