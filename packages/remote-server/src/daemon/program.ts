import { Command } from 'commander';
import { version } from '../version.js';
import { buildWorker } from './buildWorker.js';
import { hostFlags } from './flags/hostFlags.js';
import { serverFlags } from './flags/serverFlags.js';
import { upstreamFlags } from './flags/upstreamFlags.js';
import { serve, type ServeOptions } from './serve.js';

/** The command line. Every flag has an environment twin; flags win. */
export function program(): Command {
  const command = new Command('tureen-server')
    .description('Serves mediasoup to applications on other machines (@tureen/remote-client).')
    .version(version)
    .addHelpText(
      'after',
      `
When ready it prints one line to standard output, "listening on ws://ADDRESS:PORT"; everything
else is logged to standard error as JSON. SIGINT ends it: every session is closed and every worker
process gone before it exits. SIGTERM does so too, but first takes no new workers and waits up to
--drain-timeout for those that are there. Files with tokens and certificates may be replaced while
it runs.

Examples:
  tureen-server
  tureen-server --host 0.0.0.0 --token-file /etc/tureen/token --announced-address media.example.com
  tureen-server build-worker        (where mediasoup's own worker cannot be downloaded)
`,
    )
    .showHelpAfterError('(see tureen-server --help)')
    .action((options: ServeOptions) => serve(options));

  for (const option of [...serverFlags(), ...hostFlags(), ...upstreamFlags()]) {
    command.addOption(option);
  }
  command
    .command('build-worker')
    .description('finds or builds a mediasoup-worker for this host and prints its path')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(buildWorker);

  return command;
}
