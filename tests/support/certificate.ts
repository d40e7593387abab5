import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RTCDtlsTransport } from 'werift';

/** Where mediasoup's own suite looks for `data/`, which its npm package does not contain. */
export const certificateFolder = join(import.meta.dirname, '..', 'output', 'upstream');
export const certificateFile = join(certificateFolder, 'data', 'dtls-cert.pem');
export const privateKeyFile = join(certificateFolder, 'data', 'dtls-key.pem');

/** Writes a fresh DTLS certificate and its key, so that no private key lives in the repository. */
export async function createCertificate(): Promise<void> {
  const { certPem, privateKey } = await RTCDtlsTransport.SetupCertificate();

  await mkdir(dirname(certificateFile), { recursive: true });
  await Promise.all([writeFile(certificateFile, certPem), writeFile(privateKeyFile, privateKey)]);
}
