// Loaded into the daemon of a soak before all else: tells its figures to whoever started it.
import { memory } from './memory.mjs';

process.on('message', ({ collect }) => process.send(memory(collect)));
// The daemon ends when it would without this.
process.channel.unref();
