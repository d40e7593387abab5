// Debian packages that something needs: which are missing, and getting them installed.
import { MissingPackagesError } from './errors.mjs';
import { isCommandMissing, run } from './run.mjs';

const INSTALL = ['install', '-y', '--no-install-recommends'];

/**
 * The packages that are not installed, or undefined where there is no dpkg to ask.
 *
 * @param {string[]} packages
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 */
export async function missingPackages(packages, { env = process.env } = {}) {
  const format = '${Package} ${db:Status-Status}\n';
  const query = ['-W', '-f', format, ...packages];
  let answer;
  try {
    answer = await run('dpkg-query', query, { env: { ...env, LC_ALL: 'C' } });
  } catch (error) {
    if (isCommandMissing(error)) return undefined;
    // Status 1: some of them are not known at all. Those that are, are still listed.
    answer = error.output ?? '';
  }
  const installed = new Set(
    answer
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

/** The one command by which an administrator installs them. */
export function administratorCommand(packages, { listsAreStale = false } = {}) {
  const update = listsAreStale ? 'sudo apt-get update && ' : '';
  return `${update}sudo apt-get ${INSTALL.join(' ')} ${packages.join(' ')}`;
}

// A trial run, which needs no rights, fails when the package lists do not know the packages.
async function listsAreStale(packages, env) {
  try {
    await run('apt-get', ['--simulate', ...INSTALL, ...packages], { env });
    return false;
  } catch {
    return true;
  }
}

async function install(packages, { env, log, signal }) {
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, signal };
  const aptGet = (...args) => run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], options);
  const update = () => {
    log('updating the package lists (apt-get update)');
    return aptGet('update');
  };
  const stale = await listsAreStale(packages, env);
  if (stale) await update();
  log(`installing Debian packages: ${packages.join(' ')}`);
  try {
    await aptGet(...INSTALL, ...packages);
  } catch (error) {
    signal?.throwIfAborted();
    if (stale) throw error;
    // Old lists name versions that the mirror no longer has.
    await update();
    await aptGet(...INSTALL, ...packages);
  }
}

/**
 * Sees to it that Debian packages are installed. Rejects with a MissingPackagesError when some
 * are missing and we are not root.
 *
 * @param {object} options
 * @param {string[]} options.packages
 * @param {string} options.why begins the error's sentence: "Building the worker"
 * @param {(message: string) => void} [options.log]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {boolean} [options.isRoot] default: whether this process is
 * @param {AbortSignal} [options.signal]
 */
export async function ensurePackages({
  packages,
  why,
  log = () => {},
  env = process.env,
  isRoot = process.getuid?.() === 0,
  signal,
}) {
  const missing = await missingPackages(packages, { env });
  if (!missing) {
    log(`no dpkg on this host: cannot tell whether these are installed: ${packages.join(' ')}`);
    return;
  }
  if (missing.length === 0) return;
  if (!isRoot) {
    const command = administratorCommand(missing, {
      listsAreStale: await listsAreStale(missing, env),
    });
    throw new MissingPackagesError({ packages: missing, why, command });
  }
  await install(missing, { env, log, signal });
}
