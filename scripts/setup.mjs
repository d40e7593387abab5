import { parseArgs } from 'node:util';
import { interruption, main } from './lib/console.mjs';
import { setup } from './lib/setup.mjs';

const HELP = `Makes this folder ready to run: npm packages, a mediasoup-worker, the build.
What is there already is left alone, so a second run takes a moment.

Usage: npm run setup [-- options]

  --chromium   also install Debian's Chromium, which the browser tests drive
  --ffmpeg     also install Debian's ffmpeg, whose RTP the media tests send
  --redis      also install Debian's redis-tools, whose server the discovery tests start
  --network    also install Debian's iproute2 and python3, for the tests with several hosts
  --deploy     also install Debian's nginx, HAProxy, Prometheus and systemd, with which the tests
               of deploy/ run; none of them is started as a service
  --help       show this help

docs/worker.md tells where the mediasoup-worker comes from and what to set to have another.
`;

await main(async () => {
  const { values } = parseArgs({
    options: {
      chromium: { type: 'boolean' },
      ffmpeg: { type: 'boolean' },
      redis: { type: 'boolean' },
      network: { type: 'boolean' },
      deploy: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else {
    const { chromium, ffmpeg, redis, network: networkTools, deploy: deployTools } = values;
    const signal = interruption();

    await setup({ chromium, ffmpeg, redis, networkTools, deployTools, signal });
  }
});
