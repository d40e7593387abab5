import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mediaWorkersOf, startService, type Service } from './processes.js';
import { until } from './waiting.js';

const APP = join(import.meta.dirname, '..', '..', 'examples/edumeet-port/dist/server/main.js');
const METHODS = [
  'join',
  'leave',
  'createTransport',
  'connectTransport',
  'restartIce',
  'produce',
  'pauseProducer',
  'resumeProducer',
  'closeProducer',
  'receive',
  'pauseConsumer',
  'resumeConsumer',
  'setPreferredLayers',
];

interface Answer {
  ok: boolean;
  value?: Record<string, unknown>;
  error?: { code: string; message: string };
}

const deep = (levels: number): unknown => (levels === 0 ? 1 : { deeper: deep(levels - 1) });

/** Data that no page sends. `leave` needs none, and ignores some of it. */
const NONSENSE: unknown[] = [
  null,
  0,
  -1,
  '',
  'text',
  true,
  [],
  [[[]]],
  { transportId: 7, producerId: {}, consumerId: [], direction: 'sideways', room: null },
  { room: '../../etc', displayName: 'x', pageKey: 'k'.repeat(32) },
  { room: 'a', displayName: '\u202e\u0000 ', pageKey: 'k'.repeat(32) },
  { room: 'a', displayName: 'x'.repeat(10_000), pageKey: 'k'.repeat(32) },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  { rtpParameters: deep(500), rtpCapabilities: deep(500), dtlsParameters: deep(500) },
  { consumerId: 'x', spatialLayer: Number.MAX_SAFE_INTEGER },
  { rtpCapabilities: { codecs: Array.from({ length: 1000 }, () => ({})) } },
  Buffer.alloc(1000),
];

describe('conference server and hostile pages', () => {
  let app: Service;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    app = await startService(APP, ['--port', '0', '--media', 'local', '--max-peers', '2']);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.disconnect();
  });
  afterAll(async () => {
    await app?.stop();
  });

  const connect = async (): Promise<Socket> => {
    const socket = io(app.url, { transports: ['websocket'], forceNew: true, reconnection: false });
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return socket;
  };
  const ask = (socket: Socket, method: string, ...data: unknown[]): Promise<Answer> =>
    socket.timeout(30_000).emitWithAck(method, ...data) as Promise<Answer>;
  const joinRoom = (socket: Socket, room: string, key: string = randomUUID()) =>
    ask(socket, 'join', {
      room,
      displayName: 'Eve',
      pageKey: key,
    });
  const room = async (name: string) =>
    (await (await fetch(`${app.url}/api/rooms/${name}`)).json()) as {
      open: boolean;
      peers: { transports: number; producers: unknown[] }[];
    };
  const code = ({ error }: Answer) => error?.code;

  it('answers nonsense with an error, joined or not', async () => {
    const socket = await connect();
    for (const joined of [false, true]) {
      if (joined) expect((await joinRoom(socket, 'nonsense')).ok).toBe(true);
      for (const method of METHODS.filter((each) => each !== 'leave')) {
        for (const data of NONSENSE) {
          const answer = await ask(socket, method, data);
          expect(answer.ok, `${method} ${JSON.stringify(data)?.slice(0, 100)}`).toBe(false);
          expect(['bad-request', 'not-joined', 'not-found']).toContain(code(answer));
        }
      }
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect((await room('nonsense')).peers).toHaveLength(1);
  });

  it('survives messages without an acknowledgement, without data and of unknown names', async () => {
    const socket = await connect();
    for (const method of [...METHODS, 'disconnect!', '__proto__', 'newConsumer']) {
      socket.emit(method);
      for (const data of NONSENSE) socket.emit(method, data, data, data);
    }
    for (const method of METHODS) expect(await ask(socket, method)).toHaveProperty('ok');
  });

  it('answers what a page without a room asks', async () => {
    const socket = await connect();
    expect(code(await ask(socket, 'createTransport', { direction: 'send' }))).toBe('not-joined');
    expect(code(await ask(socket, 'pauseProducer', { producerId: 'x' }))).toBe('not-joined');
  });

  it('refuses media that mediasoup refuses', async () => {
    const socket = await connect();
    await joinRoom(socket, 'media');
    const { value } = await ask(socket, 'createTransport', { direction: 'send' });
    const transportId = value?.['id'];
    const codec = (mimeType: string) => ({ mimeType, payloadType: 96, clockRate: 90_000 });
    const produce = (rtpParameters: object) =>
      ask(socket, 'produce', { transportId, source: 'camera', rtpParameters });

    expect(code(await produce({ codecs: [codec('video/never')] }))).toBe('media-error');
    expect(code(await produce({ codecs: [codec('audio/opus')] }))).toBe('media-error');
    expect(code(await produce({ codecs: [] }))).toBe('bad-request');
    const connectWith = (value: string) =>
      ask(socket, 'connectTransport', {
        transportId,
        dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value }] },
      });
    expect(code(await connectWith('no fingerprint'))).toBe('bad-request');
    const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
    expect((await connectWith(fingerprint)).ok).toBe(true);
    expect(code(await connectWith(fingerprint))).toBe('media-error');
    expect(code(await ask(socket, 'receive', { rtpCapabilities: { codecs: [] } }))).toBe(
      'bad-request',
    );
    expect((await room('media')).peers[0]).toMatchObject({ transports: 1, producers: [] });
  });

  it("gives nobody another one's transport", async () => {
    const [eve, ann] = [await connect(), await connect()];
    await Promise.all([joinRoom(eve, 'ids'), joinRoom(ann, 'ids')]);
    const { value } = await ask(ann, 'createTransport', { direction: 'send' });

    expect(code(await ask(eve, 'restartIce', { transportId: value?.['id'] }))).toBe('not-found');
  });

  it('keeps at most one transport in each direction', async () => {
    const socket = await connect();
    await joinRoom(socket, 'transports');
    await Promise.all(
      Array.from({ length: 30 }, () => ask(socket, 'createTransport', { direction: 'send' })),
    );

    expect((await room('transports')).peers[0]?.transports).toBe(1);
  });

  it('refuses a second room, a full room and a flood', async () => {
    const pages = [await connect(), await connect(), await connect()] as const;
    expect((await joinRoom(pages[0], 'full')).ok).toBe(true);
    expect(code(await joinRoom(pages[0], 'other'))).toBe('bad-request');
    expect((await joinRoom(pages[1], 'FULL')).ok).toBe(true);
    expect(code(await joinRoom(pages[2], 'full'))).toBe('room-full');

    const flood = await Promise.all(
      Array.from({ length: 1_000 }, () =>
        ask(pages[0], 'createTransport', { direction: 'receive' }),
      ),
    );
    expect(flood.filter(({ ok }) => ok).length).toBeGreaterThan(0);
    expect(flood.map(code)).toContain('too-many-requests');
  });

  it('lets a page that comes back take the place of its ghost', async () => {
    const [ghost, page] = [await connect(), await connect()];
    const key = randomUUID();
    const gone = new Promise((resolve) => page.once('peerLeft', resolve));
    const first = await joinRoom(ghost, 'ghost', key);
    const second = await joinRoom(page, 'ghost', key);

    expect(second.value?.['peers']).toEqual([]);
    expect(await gone).toEqual({ peerId: first.value?.['peerId'] });
    expect((await room('ghost')).peers).toHaveLength(1);
    expect(code(await ask(ghost, 'createTransport', { direction: 'send' }))).toBe('not-joined');
  });

  it('cuts off a message that is too large, and nobody else', async () => {
    const [eve, ann] = [await connect(), await connect()];
    await joinRoom(ann, 'large');
    const cut = new Promise((resolve) => eve.once('disconnect', resolve));
    eve.emit('join', { room: 'x'.repeat(1_000_000) });

    await cut;
    expect((await room('large')).peers).toHaveLength(1);
    expect((await ask(ann, 'createTransport', { direction: 'send' })).ok).toBe(true);
  });

  it('keeps no room for those who hang up in the middle', async () => {
    for (let i = 0; i < 10; i++) {
      const socket = await connect();
      void joinRoom(socket, 'hung-up').catch(() => {});
      void ask(socket, 'createTransport', { direction: 'send' }).catch(() => {});
      socket.disconnect();
    }
    await until('the room is gone', async () => !(await room('hung-up')).open);
  });

  it('serves the page for rooms, and nothing else', async () => {
    const get = (path: string) => fetch(`${app.url}${path}`).then(({ status }) => status);

    expect(await get('/')).toBe(200);
    expect(await get('/tea-time')).toBe(200);
    for (const path of [
      '/a/b',
      '/..%2f..%2fetc%2fpasswd',
      '/assets/..%2fserver%2fmain.js',
      '/a.b',
    ]) {
      expect(await get(path), path).toBe(404);
    }
    expect(await get('/%ff')).toBe(400);
  });

  it('has lived through all of it', async () => {
    expect(await mediaWorkersOf(app.pid)).toHaveLength(1);
    expect(app.log()).not.toContain('died');
    expect(await app.stop()).toEqual({ code: 0, signal: null });
  });
});
