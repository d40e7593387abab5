// Puts mediasoup's declarations, and its licence, beside ours: TypeScript applications then need
// no mediasoup either. Runs after the declarations of this package have been written.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const mediasoupLib = path.dirname(createRequire(import.meta.url).resolve('mediasoup'));
const dist = path.join(import.meta.dirname, '..', 'dist');
const folder = path.join(dist, 'mediasoup');

/** Declarations end at their source map's address, which would lead nowhere. */
const withoutSourceMap = (text) => text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(mediasoupLib)) {
  if (name.endsWith('.d.ts')) {
    writeFileSync(
      path.join(folder, name),
      withoutSourceMap(readFileSync(path.join(mediasoupLib, name), 'utf8')),
    );
  }
}
cpSync(path.join(mediasoupLib, '..', '..', 'LICENSE'), path.join(folder, 'LICENSE'));
// mediasoup is CommonJS, and its declarations must be read as such.
writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }\n');

for (const name of readdirSync(dist)) {
  if (/\.d\.c?ts$/.test(name)) {
    const file = path.join(dist, name);

    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replaceAll(/(from |import\()'mediasoup'/g, "$1'./mediasoup/index.js'")
        .replaceAll(/(from |import\()'mediasoup\/(\w+)'/g, "$1'./mediasoup/$2.js'"),
    );
  }
}
