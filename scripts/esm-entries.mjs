// Gives each CommonJS entry in the folder `dist` one for ESM that only names what the other
// exports. So there is one copy of every class in a process, however it was loaded: with two, an
// error that one half throws would not be an instance of the class that the other half exports.
import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const require = createRequire(import.meta.url);
const dist = resolve('dist');

for (const file of readdirSync(dist).filter((name) => name.endsWith('.cjs'))) {
  const entry = resolve(dist, file.slice(0, -'.cjs'.length));
  const names = Object.keys(require(`${entry}.cjs`));

  writeFileSync(
    `${entry}.js`,
    [
      `import entry from './${file}';`,
      ...names.map((name) => `export const ${name} = entry.${name};`),
      '',
    ].join('\n'),
  );
  writeFileSync(`${entry}.d.ts`, `export * from './${file}';\n`);
}
