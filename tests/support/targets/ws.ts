import { RemoteMediasoupClient } from '@tureen/remote-client';
import { certificateFile, privateKeyFile } from '../certificate.js';
import { Daemon } from '../Daemon.js';
import type { Target } from '../targets.js';
import { served } from './served.js';

/** Settings that mediasoup's own suite asks for, allowed as an operator would have to. */
export const allowed: readonly string[] = [
  ...[certificateFile, privateKeyFile].flatMap((file) => ['--allow-dtls-file', file]),
  ...['--allow-field-trials', 'WebRTC-Bwe-AlrLimitedBackoff/Disabled/'],
];

export function startDaemon(flags: readonly string[] = []): Promise<Daemon> {
  return Daemon.start([...allowed, ...flags]);
}

/** A client in this process, a daemon in another, a WebSocket between them. */
export const ws: Target = {
  name: 'ws',
  start: async () => {
    const daemon = await startDaemon();

    return served(new RemoteMediasoupClient(daemon.url), () => daemon.stop());
  },
};
