import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { WorkerBuildError } from './errors.mjs';

// mediasoup does not export its package.json: its folder is found upwards from its main file.
function packageFolder(file) {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'mediasoup') {
        return folder;
      }
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

/**
 * The folder of the mediasoup package that a module in the current folder would import, else of
 * the one that this package would.
 *
 * @param {string} [from] folder to look from, default the current one
 */
export function findMediasoup(from = process.cwd()) {
  for (const origin of [join(from, 'package.json'), import.meta.url]) {
    try {
      const folder = packageFolder(createRequire(origin).resolve('mediasoup'));
      if (folder) return folder;
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new WorkerBuildError('mediasoup is not installed: run npm install mediasoup');
}
