// Puts mediasoup's declarations beside ours: TypeScript applications then need no mediasoup either.
// And the licences of what is bundled. Runs after the declarations of this package have been written.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const mediasoupLib = path.dirname(createRequire(import.meta.url).resolve('mediasoup'));
const fromMediasoup = createRequire(path.join(mediasoupLib, 'index.js'));
const dist = path.join(import.meta.dirname, '..', 'dist');
const folder = path.join(dist, 'mediasoup');
/** What its package exports. */
const entries = ['index', 'types', 'errors', 'ortc', 'extras'];

/** Declarations end at their source map's address, which would lead nowhere. */
const withoutSourceMap = (text) => text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');

/** Copies a file and, once each, those that it refers to; the worker's own stay behind. */
function copy(name, copied) {
  if (copied.has(name)) return;
  copied.add(name);

  const text = withoutSourceMap(readFileSync(path.join(mediasoupLib, `${name}.d.ts`), 'utf8'));

  writeFileSync(path.join(folder, `${name}.d.ts`), text);
  for (const [, other] of text.matchAll(/(?:from |import\()'\.\/([\w/]+)'/g)) copy(other, copied);
}

const copied = new Set();

mkdirSync(folder, { recursive: true });
for (const name of entries) copy(name, copied);
copy('Logger', copied);
cpSync(path.join(mediasoupLib, '..', '..', 'LICENSE'), path.join(folder, 'LICENSE'));
cpSync(
  path.join(path.dirname(fromMediasoup.resolve('h264-profile-level-id')), '..', 'LICENSE'),
  path.join(dist, 'h264-profile-level-id.LICENSE'),
);
// mediasoup is CommonJS, and its declarations must be read as such.
writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }\n');

for (const name of readdirSync(dist)) {
  if (/\.d\.c?ts$/.test(name)) {
    const file = path.join(dist, name);

    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replaceAll(/(from |import |import\()'mediasoup'/g, "$1'./mediasoup/index.js'")
        .replaceAll(
          /(from |import |import\()'mediasoup(?:-internal)?\/(\w+)'/g,
          "$1'./mediasoup/$2.js'",
        ),
    );
  }
}
