import { exceptions as ofHorizontal } from '../../horizontal/exceptions.js';
import { exceptions as ofVertical } from '../../vertical/exceptions.js';
import { stacked } from './stacked.js';

/** Hosts of their own, as far as the daemons can tell. */
const apart = (index: number) => ['--host-id', `host-${index}`, '--pipe-address', '127.0.0.1'];

/** A daemon that makes one mediasoup of two others: workers go to one after the other. */
export const cluster = stacked({
  name: 'cluster of 2 daemons',
  upstreams: 2,
  upstreamFlags: apart,
  flags: ['--host-placement', 'roundRobin'],
  exceptions: ofHorizontal,
});

/** A daemon that makes one worker of all workers of two others, each transport on another. */
export const verticalCluster = stacked({
  name: 'vertical cluster of 2 daemons with 2 workers each',
  upstreams: 2,
  upstreamFlags: apart,
  flags: [
    ...['--vertical', '--vertical-workers', '4', '--placement', 'scatter'],
    ...['--watermark-node', '100', '--host-placement', 'roundRobin'],
  ],
  exceptions: { ...ofHorizontal, ...ofVertical },
});
