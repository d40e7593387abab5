import { parseArgs } from 'node:util';
import { interruption, main } from './lib/console.mjs';
import { setUpBuild } from './lib/setup.mjs';

const HELP = `Builds the packages and the example whose sources changed since they were built.

Usage: npm run build [-- options]

  --force   build everything
  --help    show this help
`;

await main(async () => {
  const { values } = parseArgs({
    options: { force: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) process.stdout.write(HELP);
  else await setUpBuild(interruption(), { force: values.force });
});
