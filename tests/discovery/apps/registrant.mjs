/*
 * Registers a host, and says what it logs. It does what it is told, one word a line.
 *
 * node registrant.mjs '<options as JSON>'
 */
import { createInterface } from 'node:readline';
import { registerHost } from '@tureen/discovery';

const say = (level) => (_details, message) => console.log(`${level} ${message}`);
const state = { draining: false };
const registration = registerHost({
  ...JSON.parse(process.argv[2]),
  state: () => state,
  logger: {
    info(details, message) {
      say('info')(details, message);
      if (message.startsWith('registered')) console.log('ready');
    },
    warn: say('warn'),
    error: say('error'),
  },
});
const commands = {
  drain() {
    state.draining = true;
    registration.update();
  },
  async close() {
    await registration.close();
    console.log('closed');
    input.close();
    process.stdin.destroy();
  },
};
const input = createInterface(process.stdin);

input.on('line', (line) => commands[line]());
