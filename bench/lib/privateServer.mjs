import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';

/**
 * A WebSocket server on a free port of loopback that only takes those who know its path: a client of
 * somebody else's may still be calling whoever had the port before.
 */
export async function privateServer() {
  const path = `/${randomUUID()}`;
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    path,
    perMessageDeflate: false,
  });
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${server.address().port}${path}` };
}
