import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A certificate for loopback, by openssl.
 *
 * @returns {{ cert: string, key: string, ca: Buffer, remove(): void } | undefined} Paths of the
 *   files; undefined where there is no openssl.
 */
export function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-bench-tls-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
  try {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=127.0.0.1'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1'],
      ],
      { stdio: 'ignore' },
    );
  } catch {
    remove();
    return undefined;
  }
  return { cert, key, ca: readFileSync(cert), remove };
}
