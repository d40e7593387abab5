// Drives many random sequences against targets: what `npm test` does with few of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { StepError, interruption, main } from '../../scripts/lib/console.mjs';
import { setup } from '../../scripts/lib/setup.mjs';
import { ROOT, tool } from '../../scripts/lib/workspace.mjs';

const HELP = `Compares the remote client with mediasoup itself in random sequences of calls.

Usage: npm run property -- [options]

  --sequences N    sequences on each target (default 10000)
  --seed N         seed of the first sequence, each other has the next (default: by chance)
  --target NAME    memory, ws or local (default: memory and ws)
  --differences N  end after so many (default 10)
`;

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '10000' },
    seed: { type: 'string' },
    target: { type: 'string', multiple: true, default: ['memory', 'ws'] },
    differences: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
});

async function run(signal) {
  const { workerBin } = await setup({ signal });
  const files = values.target.map((target) => `tests/property/property.${target}.test.ts`);
  const child = spawn(tool('vitest'), ['run', '--no-file-parallelism', ...files], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      MEDIASOUP_WORKER_BIN: workerBin,
      TUREEN_SEQUENCES: values.sequences,
      TUREEN_DIFFERENCES: values.differences,
      TUREEN_SEED: values.seed ?? String(Date.now() % 1_000_000_000),
    },
  });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  const [code] = await once(child, 'close');
  signal.removeEventListener('abort', end);
  if (code !== 0) throw new StepError('there are differences');
}

await main(async () => {
  if (values.help) process.stdout.write(HELP);
  else await run(interruption());
});
