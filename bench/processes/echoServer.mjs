// The floor of a remote call: ws and msgpackr, one message a frame, nothing done in between.
import { Packr } from 'msgpackr';
import { privateServer } from '../lib/privateServer.mjs';

const packr = new Packr({ useRecords: false });
const answers = new Map();
const { server, url } = await privateServer();

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const [id, name, , answer] = packr.unpack(data);
    if (answer !== undefined) answers.set(name, answer);
    socket.send(packr.pack([id, answers.get(name)]));
  });
});
process.send({ url });
process.on('disconnect', () => process.exit());
