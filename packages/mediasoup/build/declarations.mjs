// Takes mediasoup's declarations, which remote-client carries, for this package's own.
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const client = createRequire(import.meta.url).resolve('@tureen/remote-client');
const dist = path.join(import.meta.dirname, '..', 'dist');

cpSync(path.join(path.dirname(client), 'mediasoup'), dist, {
  recursive: true,
  filter: (source) => path.basename(source) !== 'package.json',
});
