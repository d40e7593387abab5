import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { interruption, main, StepError } from '../../scripts/lib/console.mjs';
import { setup } from '../../scripts/lib/setup.mjs';
import { ROOT, tool } from '../../scripts/lib/workspace.mjs';

const HELP = `Runs mediasoup's own suite with 20 ms and with 150 ms of round trip between client and daemon, and
the conformance suite with 20 ms. Takes some eight minutes. npm test runs a share of it.

Usage: npm run latency
`;

await main(async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean', default: false } } });

  if (values.help) {
    process.stdout.write(HELP);
    return;
  }

  const signal = interruption();
  const { workerBin } = await setup({ signal });
  const child = spawn(tool('vitest'), ['run', 'tests/upstream/latency'], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, MEDIASOUP_WORKER_BIN: workerBin, TUREEN_LATENCY: 'all' },
  });
  const end = () => child.kill('SIGTERM');

  signal.addEventListener('abort', end, { once: true });

  const [code, killedBy] = await once(child, 'close');

  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  if (code !== 0) throw new StepError(`vitest ended with ${killedBy ?? `status ${code}`}`);
});
