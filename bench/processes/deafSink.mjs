// Takes the packets of many viewers without a cost: its socket is never read, so the kernel drops what
// comes. Says its port, and ends with the process that started it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const parent = process.ppid;
const socket = createSocket('udp4');
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
const { port } = socket.address();
await new Promise((resolve) => process.send({ port }, resolve));

const never = new Int32Array(new SharedArrayBuffer(4));
// Nobody can tell a process that does not listen that it is alone.
while (process.ppid === parent) Atomics.wait(never, 0, 0, 1000);
process.exit();
