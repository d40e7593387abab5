import { parseArgs } from 'node:util';
import { interruption, main, StepError } from '../../scripts/lib/console.mjs';
import { runTool } from '../../scripts/lib/runTool.mjs';
import { setup } from '../../scripts/lib/setup.mjs';

const HELP = `Breaks the connection between client and server at random while calls, events and media go
on, and at every single frame of a short life: of all of which \`npm test\` does a share.

Usage: npm run faults [-- options]

  --faults N   random faults with a server in the same process, and as many with a daemon
               (default: 1000)
  --seed N     the same faults again, up to their timing (default: another one each time)
  --help       show this help
`;

await main(async () => {
  const { values } = parseArgs({
    options: {
      faults: { type: 'string', default: '1000' },
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
  const { workerBin } = await setup({ signal });
  const files = ['tests/resume/cuts.test.ts', 'tests/resume/everyFrame.test.ts'];
  const failure = await runTool(signal, 'vitest', ['run', ...files], {
    MEDIASOUP_WORKER_BIN: workerBin,
    FAULTS: values.faults,
    FAULTS_SEED: values.seed ?? String(Date.now() % 0xffff_ffff),
  });

  if (failure) throw new StepError(`faults ended with ${failure}`);
});
