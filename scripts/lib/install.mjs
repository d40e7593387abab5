// node_modules as package-lock.json wants it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, withLock } from '../../packages/remote-server/worker-build/index.mjs';
import { LOCK, ROOT, STAMPS, readJson } from './workspace.mjs';

const LOCKFILE = join(ROOT, 'package-lock.json');
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json');
const STAMP = join(STAMPS, 'installed.hash');

function lockfileHash() {
  return createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex');
}

// Packages are not only in node_modules, but also in those of the workspace's packages.
function allExist() {
  return Object.keys(readJson(INSTALLED).packages).every((path) => existsSync(join(ROOT, path)));
}

function isInstalled() {
  return (
    existsSync(STAMP) &&
    readFileSync(STAMP, 'utf8') === lockfileHash() &&
    existsSync(INSTALLED) &&
    allExist()
  );
}

function stamp() {
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, lockfileHash());
}

// After any `npm install` npm's own record of what it installed tells whether that is what the
// lock file asks for. Optional packages may be left out, those of other platforms for instance.
function isInstalledByHand() {
  if (!existsSync(INSTALLED)) return false;
  const installed = readJson(INSTALLED).packages;
  const wanted = readJson(LOCKFILE).packages;
  const isEqual = (a, b) => a.version === b.version && a.integrity === b.integrity;
  return (
    allExist() &&
    Object.entries(wanted).every(([path, entry]) => {
      if (path === '') return true;
      return installed[path] ? isEqual(entry, installed[path]) : entry.optional;
    }) &&
    Object.keys(installed).every((path) => wanted[path])
  );
}

async function install(say, signal) {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = (...args) => run('npm', [...args, ...options], { cwd: ROOT, signal });
  try {
    say('installing npm packages (npm ci)');
    await npm('ci');
  } catch (error) {
    // npm ci wants the lock file to list the optional packages of every platform, which a
    // registry that does not carry them all makes impossible. npm install keeps to the lock file
    // as well, and --no-save leaves it alone.
    if (!error.output?.includes('EUSAGE')) throw error;
    say('npm ci does not accept the lock file with this registry (npm install)');
    await npm('install', '--no-save');
  }
}

/** Runs `npm ci` unless node_modules is already what package-lock.json asks for. */
export async function installPackages(say, signal) {
  if (isInstalled()) return;
  await withLock(LOCK, { log: say, purpose: 'setting up this folder', signal }, async () => {
    if (isInstalled()) return;
    if (!isInstalledByHand()) await install(say, signal);
    stamp();
  });
}
