import { parseArgs } from 'node:util';
import { interruption, main, StepError } from '../../scripts/lib/console.mjs';
import { runTool } from '../../scripts/lib/runTool.mjs';
import { setUpBuild, setUpPackages, setUpWorker } from '../../scripts/lib/setup.mjs';

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

  const failure = await runTool(signal, 'vitest', ['run', 'tests/fuzz/fuzz.test.ts'], {
    MEDIASOUP_WORKER_BIN: workerBin,
    FUZZ_FRAMES: values.frames,
    FUZZ_MINUTES: values.minutes,
    FUZZ_SEED: values.seed ?? String(Date.now() % 0xffff_ffff),
  });

  if (failure) throw new StepError(`fuzzing ended with ${failure}`);
});
