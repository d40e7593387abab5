import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { interruption, main, StepError } from '../../scripts/lib/console.mjs';
import { setUpBuild, setUpPackages, setUpWorker } from '../../scripts/lib/setup.mjs';
import { ROOT, tool } from '../../scripts/lib/workspace.mjs';

const HELP = `Sends mutated frames to a real tureen-server, before and after authentication.

Usage: npm run fuzz [-- options]

  --frames N     how many (default: 1000000)
  --minutes N    end after that time, however many there were (default: 60)
  --seed N       the same frames again, up to their timing (default: another one each time)
  --help         show this help
`;

await main(async () => {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '1000000' },
      minutes: { type: 'string', default: '60' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });

  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  for (const [name, value] of Object.entries(values)) {
    if (name !== 'help' && !(Number(value) > 0)) {
      throw new StepError(`--${name} must be a number above 0`);
    }
  }

  const signal = interruption();

  await setUpPackages(signal);
  const workerBin = await setUpWorker(signal);
  await setUpBuild(signal);

  const child = spawn(tool('vitest'), ['run', 'tests/fuzz/fuzz.test.ts'], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      MEDIASOUP_WORKER_BIN: workerBin,
      FUZZ_FRAMES: values.frames,
      FUZZ_MINUTES: values.minutes,
      FUZZ_SEED: values.seed ?? String(Date.now() % 0xffff_ffff),
    },
  });
  const end = () => child.kill('SIGTERM');

  signal.addEventListener('abort', end, { once: true });

  const [code, killedBy] = await once(child, 'close');

  if (code !== 0) throw new StepError(`fuzzing ended with ${killedBy ?? `status ${code}`}`);
});
