// msgpackr is bundled; its licence goes with it.
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const entry = createRequire(import.meta.url).resolve('msgpackr');

copyFileSync(
  path.join(path.dirname(entry), '..', 'LICENSE'),
  path.join(import.meta.dirname, '..', 'dist', 'msgpackr.LICENSE'),
);
