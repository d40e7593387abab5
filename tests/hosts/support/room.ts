import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The example's server. */
export const APP = join(import.meta.dirname, '../../../examples/edumeet-port/dist/server/main.js');

/** Pages from there may use camera and microphone, as if they came by https. */
export function insecureOrigin(url: string): string {
  return `--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`;
}

/** What a daemon asks for that listens elsewhere than on loopback. */
export class TokenFile {
  readonly token = randomBytes(16).toString('hex');
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<TokenFile> {
    const file = new TokenFile(await mkdtemp(join(tmpdir(), 'tureen-token-')));

    await writeFile(file.path, file.token, { mode: 0o600 });
    return file;
  }

  get path(): string {
    return join(this.#folder, 'token');
  }

  /** Options for it, of daemons and of the example. */
  get args(): string[] {
    return ['--token-file', this.path];
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true });
  }
}
