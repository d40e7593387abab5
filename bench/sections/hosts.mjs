// @tureen/horizontal over two daemons: round trips, and what it costs to carry a stream across.
import { openHosts } from '../hosts/hosts.mjs';
import { measureCrossings } from '../hosts/crossings.mjs';
import { bury, startHelper, stop } from '../lib/processes.mjs';
import { inRoundTrips } from '../lib/roundTrips.mjs';
import { number, spread, table } from '../lib/text.mjs';
import { PlainArm, VerticalArm } from '../vertical/arms.mjs';
import { measureHopCpu } from '../vertical/hop.mjs';
import { renderHop } from '../vertical/renderHop.mjs';

export const title = 'Horizontal: two hosts as one mediasoup';

export const sizes = {
  full: {
    crossings: { rtt: 40, rounds: 8, producers: 50 },
    hop: { rounds: 7, seconds: 1.5, streams: 20 },
  },
  quick: {
    crossings: { rtt: 40, rounds: 3, producers: 50 },
    hop: { rounds: 3, seconds: 1, streams: 20 },
  },
  smallest: {
    crossings: { rtt: 10, rounds: 1, producers: 3 },
    hop: { rounds: 1, seconds: 0.1, streams: 2 },
  },
};

/** Between hosts streams are encrypted, and lost packets sent again. */
const betweenHosts = { enableSrtp: true, enableRtx: true };

export async function run({ size }) {
  const counts = sizes[size];
  const { rows, units } = await measureCrossings(counts.crossings);
  return {
    counts,
    crossings: inRoundTrips(rows, units),
    hop: await measureHop(counts.hop),
  };
}

async function measureHop(counts) {
  const sender = await startHelper('rtpSender.mjs');
  const sink = await startHelper('deafSink.mjs');
  const hosts = await openHosts();
  const { mediasoup } = hosts.horizontal;
  const result = await measureHopCpu({ sender, port: sink.ready.port }, counts, [
    await PlainArm.open('byHand', 2, { pipe: betweenHosts }),
    await PlainArm.open('horizontal', 2, { mediasoup }),
    await VerticalArm.open('stacked', { maxWorkers: 2 }, hosts.horizontal),
  ]);
  await hosts.close();
  await Promise.all([stop(sender), bury(sink)]);
  return result;
}

const names = {
  byHand: 'local mediasoup, pipeToRouter() with SRTP and RTX',
  horizontal: 'horizontal, pipeToRouter()',
  stacked: 'vertical over horizontal, consume()',
};

export function render({ counts, crossings, hop }) {
  return [
    `Round trips: ${counts.crossings.rtt} ms added by a proxy before each host; the fastest call took ` +
      `${number(crossings.unit)} ms, which is the unit; createWorker also starts a process`,
    table(
      ['operation', 'in theory', 'ms', 'least round trips', 'median'],
      crossings.rows.map((row) => [
        row.name,
        row.theory,
        row.milliseconds,
        row.least,
        spread(row.roundTrips),
      ]),
    ),
    renderHop('One hop between hosts', hop, names),
  ].join('\n\n');
}
