// The repository's folders and its packages.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Gone with node_modules, so what it says never outlives what it is about. */
export const STAMPS = join(ROOT, 'node_modules', '.cache', 'tureen');
/** Outside node_modules, which `npm ci` removes. */
export const LOCK = join(ROOT, '.cache', 'setup.lock');

/** Path of a development tool's command. */
export function tool(name) {
  return join(ROOT, 'node_modules', '.bin', name);
}

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function dependencyNames({ dependencies, devDependencies, peerDependencies }) {
  return Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
}

// A package comes after those it depends on; beyond that the order of the names decides.
function inDependencyOrder(packages) {
  const byName = new Map(packages.map((entry) => [entry.name, entry]));
  const ordered = new Set();
  const visit = (entry) => {
    if (!entry || ordered.has(entry)) return;
    for (const name of entry.dependencies) visit(byName.get(name));
    ordered.add(entry);
  };
  packages.forEach(visit);
  return [...ordered];
}

/**
 * All packages of the workspace in dependency order:
 * `{ name, folder, isPublic, dependencies, manifest }`, dependencies only within the workspace.
 */
export function workspacePackages(root = ROOT) {
  const packages = ['packages', 'examples']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => {
      const manifest = readJson(join(folder, 'package.json'));
      const { name } = manifest;
      return { name, folder, manifest, isPublic: !manifest.private };
    });
  const names = new Set(packages.map(({ name }) => name));
  return inDependencyOrder(
    packages.map((entry) => ({
      ...entry,
      dependencies: dependencyNames(entry.manifest).filter((name) => names.has(name)),
    })),
  );
}
