import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', '..', '..', 'deploy');

/** Path of a file of `deploy/`. */
export function shippedPath(...names: string[]): string {
  return join(folder, ...names);
}

export function shipped(...names: string[]): Promise<string> {
  return readFile(shippedPath(...names), 'utf8');
}

/** A folder of its own, and what removes it. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'tureen-deploy-'));

  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Replaces each of these, all its occurrences.
 *
 * @throws Error if one is not there: then the file has changed and the test tests something else.
 */
export function substitute(text: string, replacements: Record<string, string>): string {
  return Object.entries(replacements).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`the shipped file does not say: ${from}`);

    return changed.replaceAll(from, to);
  }, text);
}
