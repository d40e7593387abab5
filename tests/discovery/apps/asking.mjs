/*
 * Asks DNS for hosts until it is told to close.
 *
 * node asking.mjs <url> '<options as JSON>'
 */
import { createInterface } from 'node:readline';
import { dnsHosts } from '@tureen/discovery';

const [url, options] = process.argv.slice(2);
const discovery = dnsHosts(url, JSON.parse(options));
const input = createInterface(process.stdin);

discovery.start().catch((error) => console.log(error.name));
input.once('line', async () => {
  await discovery.close();
  console.log('closed');
  input.close();
  process.stdin.destroy();
});
console.log('ready');
