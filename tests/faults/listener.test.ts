import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RemoteServer, WebSocketListener, type TlsOptions } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import { expect, onTestFinished, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';

/*
 * Connections come from anybody: from balancers that look whether a port is open, from those who
 * mean harm. Nobody waits for them.
 */

/** Opens a connection and says this. */
async function connectTo(url: string, text: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);

  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(text, resolve));
}

function certificate(): TlsOptions {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-listener-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];

  onTestFinished(() => rmSync(folder, { recursive: true }));
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'],
  ]);

  return { cert: readFileSync(cert), key: readFileSync(key) };
}

test.each<[string, string, boolean]>([
  ['says nothing', '', false],
  ['does not finish its request', 'GET / HTTP/1.1\r\nHost: media.example.com\r\n', false],
  ['does not begin with TLS', '', true],
])('a listener closes though somebody is connected who %s', async (_what, text, secure) => {
  const server = new RemoteServer({ mediasoup });
  const tls = secure ? certificate() : undefined;
  const listener = new WebSocketListener(server, { port: 0, tls });

  onTestFinished(() => server.close());
  await connectTo(await listener.listen(), text);
  await listener.close();
});

test('a daemon ends with 0 though somebody is connected who says nothing', async () => {
  const daemon = await Daemon.start();

  await connectTo(daemon.url, '');
  expect(await daemon.stop()).toBe(0);
});
