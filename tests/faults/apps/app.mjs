/*
 * An application with one room on a daemon. It says which worker it has, then "ready", and does
 * what it is told, one word a line.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { RemoteMediasoupClient } from '@tureen/remote-client';

const [url, options = '{}'] = process.argv.slice(2);
const client = new RemoteMediasoupClient(url, JSON.parse(options));

for (const event of ['connected', 'disconnected', 'close']) {
  client.on(event, () => console.log(event));
}
client.on('error', (error) => console.log(`error ${error.name}`));
client.on('mediasoup', (mediasoup) => console.log(mediasoup ? 'mediasoup' : 'mediasoup undefined'));
process.on('unhandledRejection', (error) => console.log(`unhandled rejection ${error}`));

const [mediasoup] = await once(client, 'mediasoup');
const worker = await mediasoup.createWorker();
const router = await worker.createRouter();
const transport = await router.createDirectTransport();
const dataProducer = await transport.produceData();

worker.on('died', () => console.log('died'));
console.log(`worker ${worker.pid}`);
console.log('ready');

const commands = {
  /** As applications do that end: nothing is awaited, and nothing more of this process runs. */
  exit() {
    worker.close();
    process.exit(0);
  },
  exitOnly() {
    process.exit(0);
  },
  /** Ends by itself when nothing is left to do. */
  close() {
    client.close();
    input.close();
    process.stdin.destroy();
  },
  throw() {
    setImmediate(() => {
      throw new Error('thrown as told');
    });
  },
  async dump() {
    console.log((await router.dump()).id === router.id ? 'dumped' : 'dumped another');
  },
  async pid() {
    console.log(`worker ${(await client.mediasoup.createWorker()).pid}`);
  },
  burst() {
    for (let count = 0; count < 20; count += 1) dataProducer.send(Buffer.alloc(256 * 1024));
  },
};
const input = createInterface(process.stdin);

input.on('line', (line) => void commands[line]());
