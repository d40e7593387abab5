import { Command } from 'commander';
import { version } from '../version.js';
import { buildWorker } from './buildWorker.js';
import { configFlag, readConfig } from './flags/readConfig.js';
import { readSwitches } from './flags/readSwitches.js';
import { hostFlags } from './flags/hostFlags.js';
import { registerFlags } from './flags/registerFlags.js';
import { serverFlags } from './flags/serverFlags.js';
import { upstreamFlags } from './flags/upstreamFlags.js';
import { serve, type ServeOptions } from './serve.js';
import { topologyCommand } from './topology/topologyCommand.js';

/** The command line. Every flag has an environment twin and may stand in a file; flags win. */
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

With --upstream or --discover it needs no worker: media flows through other daemons, of which it makes
one. It begins to listen when the first of them is there, and says in its log what it waits for. With
--vertical on top, all their workers are one. What --allow-… permits must be permitted there, too.

Examples:
  tureen-server
  tureen-server --host 0.0.0.0 --token-file /etc/tureen/token --announced-address media.example.com
  tureen-server --port 4700 --upstream ws://media1:4600 --upstream ws://media2:4600 --vertical
  tureen-server topology ws://127.0.0.1:4600
  tureen-server build-worker        (where mediasoup's own worker cannot be downloaded)
`,
    )
    .showHelpAfterError('(see tureen-server --help)')
    // What comes behind a command is that command's.
    .enablePositionalOptions()
    .hook('preAction', (itself, called) => {
      if (called === itself) {
        readSwitches(itself);
        readConfig(itself);
      }
    })
    .action((options: ServeOptions) => serve(options));

  for (const option of [
    configFlag(),
    ...[...serverFlags(), ...hostFlags(), ...upstreamFlags(), ...registerFlags()],
  ]) {
    command.addOption(option);
  }
  command
    .command('build-worker')
    .description('finds or builds a mediasoup-worker for this host and prints its path')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(buildWorker);

  command.addCommand(topologyCommand());

  return command;
}
