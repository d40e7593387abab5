// Takes the lock argv[2]; with argv[3] it writes "in" and "out" to that file and ends, without it
// keeps the lock until it is killed.
import { appendFileSync } from 'node:fs';
import { withLock } from '../../packages/remote-server/worker-build/index.mjs';

const [, , lock, journal] = process.argv;

await withLock(lock, {}, async () => {
  if (journal) {
    appendFileSync(journal, 'in\n');
    // Gives the others the chance to come in, were they let.
    for (let turn = 0; turn < 50; turn += 1) await new Promise((done) => setImmediate(done));
    appendFileSync(journal, 'out\n');
    return;
  }
  process.stdout.write('locked\n');
  process.stdin.resume();
  await new Promise((done) => process.stdin.on('end', done));
});
