// The least that a remote mediasoup can be: ws and msgpackr around the real one, one message a
// frame; no events, no errors but fatal ones, no resuming, no checks.
import * as mediasoup from 'mediasoup';
import { childKind, rows } from '@tureen/protocol';
import { Packr } from 'msgpackr';
import { privateServer } from '../lib/privateServer.mjs';
import { fieldsOf } from '../lib/world.mjs';

const packr = new Packr({ useRecords: false });
const objects = new Map([[0, { kind: 'mediasoup', object: mediasoup }]]);
const { server, url } = await privateServer();

async function call(handle, method, args, childHandle) {
  const { kind, object } = objects.get(handle);
  const result = await object[method](...args);
  if (method === 'close') objects.delete(handle);
  const created = childKind(rows[kind].calls[method] ?? '');
  if (!created) return result;
  objects.set(childHandle, { kind: created, object: result });
  return fieldsOf(created, result);
}

server.on('connection', (socket) => {
  socket.on('message', async (data) => {
    const [id, ...request] = packr.unpack(data);
    socket.send(packr.pack([id, await call(...request)]));
  });
});
process.send({ url });
process.on('disconnect', () => process.exit());
