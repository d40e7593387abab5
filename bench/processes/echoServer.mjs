// The floor of a remote call: ws and msgpackr, one message a frame, nothing done in between.
import { Packr } from 'msgpackr';
import { WebSocketServer } from 'ws';

const packr = new Packr({ useRecords: false });
const answers = new Map();
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const [id, name, , answer] = packr.unpack(data);
    if (answer !== undefined) answers.set(name, answer);
    socket.send(packr.pack([id, answers.get(name)]));
  });
});
server.on('listening', () => process.send({ url: `ws://127.0.0.1:${server.address().port}` }));
process.on('disconnect', () => process.exit());
