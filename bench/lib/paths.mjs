import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const OUTPUT = join(ROOT, 'bench', 'output');

/** A module of this folder, as a path. */
export function benchFile(name) {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

export function daemonBin(root = ROOT) {
  return join(root, 'packages', 'remote-server', 'dist', 'bin.js');
}

export function clientModule(root = ROOT) {
  return pathToFileURL(join(root, 'packages', 'remote-client', 'dist', 'index.js')).href;
}
