#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { createConferenceServer } from './ConferenceServer.js';
import { consoleLog as log } from './log.js';
import { openMedia } from './media.js';
import { parseOptions, readTls } from './options.js';

const SHUTDOWN_DEADLINE_MS = 8_000;

async function main(): Promise<void> {
  const options = parseOptions(process.argv);
  const tls = await readTls(options);
  const media = await openMedia({
    mode: options.media,
    tureenUrls: options.tureenUrl,
    tokenFile: options.tokenFile,
    verticalWorkers: options.verticalWorkers,
    placement: options.placement,
    watermarkNode: options.watermarkNode,
    hostPlacement: options.hostPlacement,
    log,
  });

  const conference = await createConferenceServer({
    mediasoup: media.mediasoup,
    port: options.port,
    host: options.host,
    tls,
    workers: options.workers,
    mediaListenIp: options.mediaListenIp,
    mediaAnnouncedAddress: options.mediaAnnouncedAddress,
    webRtcPort: options.webrtcPort,
    maxPeersPerRoom: options.maxPeers,
    publicFolder: fileURLToPath(new URL('../public', import.meta.url)),
    log,
  });
  media.events.on('mediasoup', (mediasoup) => conference.setMediasoup(mediasoup));

  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), SHUTDOWN_DEADLINE_MS).unref();
    await conference.close();
    media.close();
    process.exit(0);
  };
  // In front of mediasoup's own listeners, which close its workers: the rooms' pages should learn
  // that the server ends, not that it lost its media.
  process.prependListener('SIGINT', () => void stop());
  process.prependListener('SIGTERM', () => void stop());
  console.log(`listening on ${conference.url}`);
}

main().catch((error: Error) => {
  console.error(`edumeet-port: ${error.message}`);
  process.exit(1);
});
