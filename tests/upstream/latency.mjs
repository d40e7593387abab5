import { parseArgs } from 'node:util';
import { interruption, main, StepError } from '../../scripts/lib/console.mjs';
import { runTool } from '../../scripts/lib/runTool.mjs';
import { setup } from '../../scripts/lib/setup.mjs';

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
  const failure = await runTool(signal, 'vitest', ['run', 'tests/upstream/latency'], {
    MEDIASOUP_WORKER_BIN: workerBin,
    TUREEN_LATENCY: 'all',
  });

  signal.throwIfAborted();
  if (failure) throw new StepError(`vitest ended with ${failure}`);
});
