// Takes the lock argv[2]. With argv[3] it does so a few times once it is told "go" on its
// standard input, writing "in" and "out" to that file; without it keeps the lock until its
// standard input ends.
import { appendFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { withLock } from '../../packages/remote-server/worker-build/index.mjs';

const TURNS = 3;
const STAY_MS = 5;

const [, , lock, journal] = process.argv;

if (journal) {
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  for (let turn = 0; turn < TURNS; turn += 1) {
    await withLock(lock, {}, async () => {
      appendFileSync(journal, 'in\n');
      // Time for the others to come in, were they let.
      await delay(STAY_MS);
      appendFileSync(journal, 'out\n');
    });
  }
  process.exit(0);
}

await withLock(lock, {}, async () => {
  process.stdout.write('locked\n');
  process.stdin.resume();
  await once(process.stdin, 'end');
});
