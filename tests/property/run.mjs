import { parseArgs } from 'node:util';
import { interruption, main, StepError } from '../../scripts/lib/console.mjs';
import { runTool } from '../../scripts/lib/runTool.mjs';
import { setup } from '../../scripts/lib/setup.mjs';

const targets = ['memory', 'ws', 'vertical', 'local'];
const usual = ['memory', 'ws', 'vertical'];

const HELP = `Compares what this project gives with mediasoup itself in random sequences of calls.

Usage: npm run property [-- options]

  --sequences N     how many, on each target (default: 10000)
  --seed N          seed of the first one, each other has the next (default: another one each time)
  --target NAME     one of these; may be given several times (default: all but local)
                      memory    the remote client over a link in memory
                      ws        the remote client over WebSocket
                      vertical  a vertical of one worker over mediasoup itself
                      local     mediasoup itself, to see where it is not always the same
  --differences N   end after so many (default: 10)
  --help            show this help
`;

await main(async () => {
  const { values } = parseArgs({
    options: {
      sequences: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      target: { type: 'string', multiple: true, default: usual },
      differences: { type: 'string', default: '10' },
      help: { type: 'boolean', default: false },
    },
  });

  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  for (const name of ['sequences', 'seed', 'differences']) {
    if (!(Number(values[name]) > 0)) throw new StepError(`--${name} must be a number above 0`);
  }

  const unknown = values.target.find((target) => !targets.includes(target));

  if (unknown) {
    throw new StepError(`there is no target "${unknown}": it must be one of ${targets.join(', ')}`);
  }

  const signal = interruption();
  const { workerBin } = await setup({ signal });
  const files = values.target.map((target) => `tests/property/property.${target}.test.ts`);
  const failure = await runTool(signal, 'vitest', ['run', '--no-file-parallelism', ...files], {
    MEDIASOUP_WORKER_BIN: workerBin,
    TUREEN_SEQUENCES: values.sequences,
    TUREEN_SEED: values.seed,
    TUREEN_DIFFERENCES: values.differences,
  });

  signal.throwIfAborted();
  if (failure) throw new StepError(`vitest ended with ${failure}`);
});
