import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { ConfigurationError } from '../errors.js';

/** Milliseconds between looks at a file. */
const interval = 2000;

/** Files whose content may change while the daemon runs: tokens and certificates get replaced. */
export class WatchedFiles {
  readonly #paths: string[] = [];

  /**
   * @param what - For people, in errors.
   * @throws {@link ConfigurationError} if it cannot be read.
   */
  read(path: string, what: string): string {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new ConfigurationError(`cannot read ${what} ${path}: ${(error as Error).message}`);
    }
  }

  /** Calls `changed` after any of the files was replaced or written. */
  watch(paths: readonly string[], changed: () => void): void {
    for (const path of paths) {
      this.#paths.push(path);
      // By looking rather than by notice: links to mounted secrets are replaced unnoticed.
      watchFile(path, { interval, persistent: false }, (now, before) => {
        if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) {
          changed();
        }
      });
    }
  }

  close(): void {
    for (const path of this.#paths.splice(0)) {
      unwatchFile(path);
    }
  }
}
