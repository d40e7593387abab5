// A worker that crashes at its second request: the real one, with this in between.
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

const REQUESTS_FD = 3;
const ANSWERS_FD = 4;

if (!process.env.MEDIASOUP_VERSION) process.exit(41);

const [worker, ...args] = process.argv.slice(2);
const child = spawn(worker, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe', ANSWERS_FD] });
child.on('exit', () => process.kill(process.pid, 'SIGKILL'));

let requests = 0;
new Socket({ fd: REQUESTS_FD, readable: true }).on('data', (data) => {
  requests += 1;
  if (requests === 2) child.kill('SIGKILL');
  else child.stdio[REQUESTS_FD].write(data);
});
