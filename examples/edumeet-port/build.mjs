// Builds dist/server (Node, ESM, dependencies stay outside) and dist/public (the page, one bundle).
import { cp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(here('dist'), { recursive: true, force: true });
await Promise.all([
  build({
    entryPoints: [here('server/main.ts'), here('server/index.ts')],
    outdir: here('dist/server'),
    bundle: true,
    splitting: true,
    packages: 'external',
    // The path mapping in tsconfig.json is for the type check; here a package is a package.
    tsconfigRaw: {},
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  }),
  build({
    entryPoints: [here('web/main.ts')],
    outdir: here('dist/public'),
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    logLevel: 'warning',
  }),
]);
for (const file of ['index.html', 'icon.svg']) {
  await cp(here(`web/${file}`), here(`dist/public/${file}`));
}
