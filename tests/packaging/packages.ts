import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { succeed } from './run.js';

const folder = join(import.meta.dirname, '..', '..', 'packages');

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
}

export interface PublicPackage {
  name: string;
  folder: string;
  manifest: Manifest;
}

export interface Packed extends PublicPackage {
  tarball: string;
  /** Paths inside of the package. */
  files: string[];
}

/** What would be published from this repository. */
export const publicPackages: readonly PublicPackage[] = readdirSync(folder)
  .map((name) => join(folder, name))
  .map((path) => ({ path, manifest: manifestIn(path) }))
  .filter(({ manifest }) => !manifest.private)
  .map(({ path, manifest }) => ({ name: manifest.name, folder: path, manifest }));

export function manifestIn(path: string): Manifest {
  return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;
}

/** Makes of it what npm would publish. */
export async function pack(entry: PublicPackage, destination: string): Promise<Packed> {
  const output = await succeed('npm', [
    ...['pack', entry.folder, '--json', '--ignore-scripts'],
    ...['--pack-destination', destination],
  ]);
  const [packed] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];

  return {
    ...entry,
    tarball: join(destination, packed.filename),
    files: packed.files.map(({ path }) => path),
  };
}
