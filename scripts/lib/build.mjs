// Builds the packages whose sources changed since they were built.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, withLock } from '../../packages/remote-server/worker-build/index.mjs';
import { seconds } from './console.mjs';
import { LOCK, ROOT, STAMPS, tool, workspacePackages } from './workspace.mjs';

const OUTPUTS = new Set(['dist', 'node_modules', '.cache', 'coverage', 'public/build']);
const SHARED_SOURCES = ['tsconfig.base.json', 'package-lock.json'];

/** The command that builds a package, or undefined for one that needs no build. */
function buildCommand({ folder, manifest }) {
  if (manifest.scripts?.build) return ['npm', 'run', 'build'];
  return existsSync(join(folder, 'tsup.config.ts')) ? [tool('tsup')] : undefined;
}

function sourceFiles(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (OUTPUTS.has(path)) return [];
    return entry.isDirectory() ? sourceFiles(folder, path) : [path];
  });
}

// A package's output contains what it bundles, so its hash covers those of its dependencies.
function sourceHash({ folder, dependencies }, hashes) {
  const hash = createHash('sha256');
  const add = (name, content) => hash.update(`${name}\0${content.length}\0`).update(content);
  for (const path of SHARED_SOURCES) add(path, readFileSync(join(ROOT, path)));
  for (const path of sourceFiles(folder).sort()) add(path, readFileSync(join(folder, path)));
  for (const name of dependencies) add(name, hashes.get(name));
  return hash.digest('hex');
}

function stampOf({ name }) {
  return join(STAMPS, `built-${name.replaceAll('/', '-')}.hash`);
}

function isBuilt(entry, hash) {
  const stamp = stampOf(entry);
  return (
    existsSync(join(entry.folder, 'dist')) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === hash
  );
}

async function build(entry, hash, { say, signal }) {
  const started = performance.now();
  const [command, ...args] = buildCommand(entry);
  rmSync(stampOf(entry), { force: true });
  say(`building ${entry.name}`);
  await run(command, args, { cwd: entry.folder, signal });
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stampOf(entry), hash);
  say(`built ${entry.name} in ${seconds(started)}`);
}

/**
 * Builds what changed, in dependency order.
 *
 * @param {(message: string) => void} say
 * @param {{ signal?: AbortSignal, force?: boolean }} [options] force: build everything
 */
export async function buildPackages(say, { signal, force = false } = {}) {
  await withLock(LOCK, { log: say, purpose: 'setting up this folder', signal }, async () => {
    const hashes = new Map();
    for (const entry of workspacePackages()) {
      const hash = sourceHash(entry, hashes);
      hashes.set(entry.name, hash);
      if (!buildCommand(entry)) continue;
      if (force || !isBuilt(entry, hash)) await build(entry, hash, { say, signal });
    }
  });
}
