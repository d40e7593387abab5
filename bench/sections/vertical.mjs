// @tureen/vertical with real workers and real packets, beside workers of mediasoup used by hand.
import { bury, startHelper, stop } from '../lib/processes.mjs';
import { number, spread, table } from '../lib/text.mjs';
import { busyShare, machineTicks } from '../lib/usage.mjs';
import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { measureBeyond } from '../vertical/beyond.mjs';
import { measureConcentrated } from '../vertical/concentrated.mjs';
import { measureHopCpu, measureHopDelay } from '../vertical/hop.mjs';
import { renderHop } from '../vertical/renderHop.mjs';
import { measureUnwatched } from '../vertical/unwatched.mjs';

export const title = 'Vertical: several workers as one';

export const sizes = {
  full: {
    concentrated: { rounds: 7, seconds: 2, viewers: 12 },
    beyond: { rounds: 5, seconds: 3, load: 1.6, most: 2.6 },
    hop: { rounds: 7, seconds: 1.5, streams: 20 },
    delay: { rounds: 7, packets: 500 },
    unwatched: { rounds: 24, seconds: 0.5, streams: 20 },
  },
  quick: {
    concentrated: { rounds: 3, seconds: 1.2, viewers: 12 },
    beyond: { rounds: 3, seconds: 2, load: 1.8, most: 2.6 },
    hop: { rounds: 3, seconds: 1, streams: 20 },
    delay: { rounds: 3, packets: 300 },
    unwatched: { rounds: 5, seconds: 0.5, streams: 20 },
  },
  smallest: {
    concentrated: { rounds: 1, seconds: 0.3, viewers: 2 },
    beyond: { rounds: 1, seconds: 0.3, load: 0.1, most: 0.1 },
    hop: { rounds: 1, seconds: 0.1, streams: 2 },
    delay: { rounds: 1, packets: 20 },
    unwatched: { rounds: 1, seconds: 0.1, streams: 2 },
  },
};

export async function run({ size }) {
  const counts = sizes[size];
  const machine = { cores: availableParallelism(), free: await freeCores() };
  const sender = await startHelper('rtpSender.mjs');
  const sink = await startHelper('deafSink.mjs');
  const probe = await startHelper('delayProbe.mjs');
  const ends = { sender, port: sink.ready.port };
  const results = {
    machine,
    concentrated: await measureConcentrated(ends, counts.concentrated),
    beyond: await measureBeyond(ends, counts.beyond),
    hopCpu: await measureHopCpu(ends, counts.hop),
    hopDelay: await measureHopDelay(probe, counts.delay),
    unwatched: await measureUnwatched(ends, counts.unwatched),
  };
  await Promise.all([stop(sender), stop(probe), bury(sink)]);
  return results;
}

/** What others leave of the machine, in cores. */
async function freeCores() {
  const before = machineTicks();
  await setTimeout(500);
  return availableParallelism() * (1 - busyShare(before, machineTicks()));
}

const names = {
  plain: 'one plain worker',
  vertical: 'vertical',
  byHand: 'pipeToRouter()',
};

export function render({ machine, concentrated, beyond, hopCpu, hopDelay, unwatched }) {
  return [
    `${machine.cores} cores, of which others left ${number(machine.free)} free when this began`,
    renderConcentrated(concentrated),
    renderBeyond(beyond),
    renderHop('One hop', hopCpu, names),
    renderHopDelay(hopDelay),
    renderUnwatched(unwatched),
  ].join('\n\n');
}

function renderConcentrated({ viewers, perSecond, arms, ratio }) {
  const rows = arms.map(({ name, workers, pipes, delivered, each }) => [
    names[name],
    workers,
    pipes,
    delivered,
    spread(each),
    name === 'vertical' ? spread(ratio) : '',
  ]);
  return [
    `What one worker can carry: ${perSecond} packets/s to each of ${viewers} viewers, placement concentrate`,
    table(['', 'workers', 'pipes', 'delivered', 'CPU µs per forwarded packet', '÷ plain'], rows),
  ].join('\n\n');
}

function renderBeyond({ viewers, perSecond, arms }) {
  const rows = arms.map(({ name, cpu, starved, pipes, delivered, forwarded, each }) => [
    names[name],
    cpu.map((percent) => `${number(percent)} %`).join(' + '),
    `${number(starved * 100)} %`,
    pipes,
    spread(delivered),
    forwarded,
    spread(each),
  ]);
  return [
    `Beyond it: ${perSecond} packets/s, encrypted (AES_CM), to each of ${viewers} viewers, ` +
      `${perSecond * viewers} packets/s in all. Waiting: of the time, how long a ` +
      'worker wanted a core and others had it',
    table(
      [
        '',
        'CPU of the workers',
        'waiting',
        'pipes',
        'delivered',
        'packets/s',
        'CPU µs per forwarded packet',
      ],
      rows,
    ),
  ].join('\n\n');
}

function renderHopDelay({ perSecond, arms, ratio }) {
  const rows = arms.flatMap(({ name, delivered, apart, ...places }) =>
    ['p50', 'p99'].map((part) => [
      names[name],
      part,
      delivered,
      apart,
      spread(places.beside[part]),
      spread(places.behind[part]),
      spread(places.added[part]),
      name === 'vertical' ? spread(ratio[part]) : '',
    ]),
  );
  return [
    `Delay in µs, one stream of ${perSecond} packets/s; added: between the arrivals of the same packet. ` +
      'Apart: the share of packets that could be told, since whoever measures had a core',
    table(['', '', 'delivered', 'apart', 'no hop', 'one hop', 'added', 'added ÷ by hand'], rows, 2),
  ].join('\n\n');
}

const unwatchedNames = {
  producers: 'plain workers, never watched',
  vertical: 'vertical, when all have left',
  byHand: 'plain workers, when all have left and the pipes were closed',
  everywhere: 'plain workers, everything piped everywhere',
};

function renderUnwatched({ streams, perSecond, pipesBefore, arms }) {
  const rows = arms.map(({ name, pipes, each, ratio }) => [
    unwatchedNames[name],
    pipes,
    spread(each),
    spread(ratio),
  ]);
  return [
    `Nobody watches: ${streams} streams on two workers, ${perSecond} packets/s; ${pipesBefore} pipes ` +
      'while somebody did',
    table(['', 'pipes', 'CPU µs per packet', '÷ never watched'], rows),
  ].join('\n\n');
}
