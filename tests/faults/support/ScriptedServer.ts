import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  apiFingerprint,
  apiVersion,
  encodeFrame,
  encodeMessage,
  MessageType,
  subprotocol,
  type Message,
  type Welcome,
} from '@tureen/protocol';
import { onTestFinished } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';

export const goodWelcome: Welcome = {
  server: '0.0.0-scripted',
  mediasoup: apiVersion,
  workerBin: '/nowhere/mediasoup-worker',
  fingerprint: apiFingerprint,
  session: { id: 'id', secret: 'secret' },
  resumed: false,
  received: 0,
  resumeWindow: 1000,
};

/** A WebSocket server that says whatever it is told to say to whoever connects. */
export class ScriptedServer {
  readonly sockets: WebSocket[] = [];
  readonly #http: Server = createServer();

  /** @param answer - Called when the first frame of a connection has come. */
  static async start(answer: (socket: WebSocket) => void): Promise<ScriptedServer> {
    const scripted = new ScriptedServer();
    const server = new WebSocketServer({
      server: scripted.#http,
      handleProtocols: () => subprotocol,
    });

    server.on('connection', (socket) => {
      scripted.sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('message', () => answer(socket));
    });
    scripted.#http.listen(0, '127.0.0.1');
    await once(scripted.#http, 'listening');
    onTestFinished(async () => {
      scripted.sockets.forEach((socket) => socket.terminate());
      scripted.#http.close();
      await once(scripted.#http, 'close');
    });

    return scripted;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }
}

/** A frame outside of the sequence with one message, which need not make sense. */
export function frameOf(...message: unknown[]): Buffer {
  return encodeFrame(0, 0, [encodeMessage(message as unknown as Message)]);
}

export function welcomeFrame(changes: object = {}): Buffer {
  return frameOf(MessageType.welcome, { ...goodWelcome, ...changes });
}
