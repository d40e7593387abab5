import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Files in PEM format. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Certificates made by openssl for one test file, in a folder that goes with it. */
export class Certificates {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Certificates> {
    return new Certificates(await mkdtemp(join(tmpdir(), 'tureen-certificates-')));
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** An authority that signs others. */
  async authority(name: string): Promise<Certificate> {
    const files = this.#files(name);

    await run('openssl', [
      ...['req', '-x509', ...newKey, '-keyout', files.key, '-out', files.cert],
      ...['-days', '2', '-subj', `/CN=${name}`],
    ]);

    return files;
  }

  /** A certificate for 127.0.0.1, and for clients. @param days - Negative: expired. */
  async signed(name: string, authority: Certificate, days = 1): Promise<Certificate> {
    const files = this.#files(name);
    const request = this.file(`${name}.csr`);
    const extensions = this.file(`${name}.ext`);

    await writeFile(extensions, 'subjectAltName=IP:127.0.0.1\n');
    await run('openssl', [
      ...['req', '-new', ...newKey, '-keyout', files.key, '-out', request, '-subj', `/CN=${name}`],
    ]);
    await run('openssl', [
      ...['x509', '-req', '-in', request, '-CA', authority.cert, '-CAkey', authority.key],
      ...['-CAcreateserial', '-days', String(days), '-extfile', extensions, '-out', files.cert],
    ]);

    return files;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  #files(name: string): Certificate {
    return { cert: this.file(`${name}.pem`), key: this.file(`${name}.key`) };
  }
}

/** The content of the files. */
export async function read({ cert, key }: Certificate): Promise<{ cert: string; key: string }> {
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}
