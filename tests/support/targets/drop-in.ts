import * as mediasoup from '@tureen/mediasoup';
import { startDaemon } from './ws.js';
import type { Target } from '../targets.js';

/** The package that takes mediasoup's place by name, with a daemon in another process. */
export const dropIn: Target = {
  name: 'drop-in',
  start: async () => {
    const daemon = await startDaemon();

    process.env.TUREEN_URL = daemon.url;

    return {
      mediasoup,
      stop: async () => {
        delete process.env.TUREEN_URL;
        await daemon.stop();
      },
    };
  },
};
