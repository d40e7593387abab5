// Loaded into the daemon before all else: tells of its heap, and ends it with the harness.
import { settledHeap } from '../lib/usage.mjs';

process.on('message', async (message) => {
  if (message === 'heap') process.send(await settledHeap());
});
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The daemon's own life must not depend on us listening.
process.channel?.unref();
