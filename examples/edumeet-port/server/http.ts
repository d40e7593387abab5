import express, { type Express, type Request, type Response } from 'express';
import { ROOM_NAME } from '../shared/protocol.js';
import type { Room } from './Room.js';

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface HttpOptions {
  /** Folder of the built page; without it only the API is served. */
  publicFolder?: string;
  findRoom(name: string): Room | undefined;
  /** Whether a room could be opened at the moment. */
  mediaReady(): boolean;
}

/** The page (`/` and `/<room>`), its assets, and two small read-only JSON resources. */
export function createHttpApp(options: HttpOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set({
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'Permissions-Policy': 'camera=(self), microphone=(self)',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  });

  app.get('/api/health', (_request, response) => {
    response.json({ media: options.mediaReady() ? 'ready' : 'away' });
  });
  app.get('/api/rooms/:room', (request: Request<{ room: string }>, response) => {
    response.json(describeRoom(options.findRoom(request.params.room)));
  });

  if (options.publicFolder !== undefined) servePage(app, options.publicFolder);
  app.use((_request, response) => {
    response.status(404).type('text').send('Not found\n');
  });
  return app;
}

function servePage(app: Express, root: string): void {
  app.use('/assets', express.static(root, { index: false, redirect: false }));
  const page = (_request: Request, response: Response) =>
    response.set('Cache-Control', 'no-cache').sendFile('index.html', { root });
  app.get('/', page);
  app.get('/:room', (request: Request<{ room: string }>, response, next) => {
    if (ROOM_NAME.test(request.params.room)) page(request as Request, response);
    else next();
  });
}

/**
 * What an operator, a test or the join form may know: no more than anyone in the room sees. A room
 * in which nobody is does not exist; any name can become one.
 */
function describeRoom(room: Room | undefined) {
  return {
    open: room !== undefined,
    activeSpeaker: room?.activeSpeakerId ?? null,
    peers: Array.from(room?.peers ?? [], (peer) => ({
      id: peer.id,
      displayName: peer.displayName,
      transports: peer.transports.length,
      producers: peer.producers.map(({ id, kind, paused, appData }) => ({
        id,
        kind,
        paused,
        source: appData.source,
      })),
      consumers: peer.consumers.map(({ id, kind, paused, producerPaused, appData }) => ({
        id,
        kind,
        paused,
        producerPaused,
        peerId: appData.peerId,
        source: appData.source,
      })),
    })),
  };
}

export type RoomDescription = ReturnType<typeof describeRoom>;
