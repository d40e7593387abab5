// Goals 4 and 5: round trips and bytes.
import { tolerance } from '../lib/roundTrips.mjs';
import { judge } from './judge.mjs';

export function judgeRoundTrips({ counts, rows }) {
  const find = (name) => rows.find((row) => row.name.startsWith(name));
  const calls = rows.slice(
    0,
    rows.findIndex(({ name }) => name.includes('at once')),
  );
  const slowest = calls.reduce((a, b) => (b.least > a.least ? b : a));
  const line = (what, row, limit, reached = row.least) =>
    judge({ goal: '4 round trips', what, reached, limit, floor: row.theory });
  const pipes = ['one daemon', 'two daemons'].flatMap((where) =>
    ['cold', 'warm'].flatMap((state) => [
      line(
        `pipeToRouter, routers of ${where}, ${state}`,
        find(`pipeToRouter, routers of ${where}, ${state}`),
        2 * tolerance,
      ),
      line(
        `pipeToRouter, then consume, routers of ${where}, ${state}`,
        find(`pipeToRouter and consume, routers of ${where}, ${state}`),
        2 * tolerance,
      ),
    ]),
  );
  const room = find(`${counts.producers} producers at once, routers of two`);
  const unit = room.milliseconds / room.roundTrips.median;
  return [
    line(`one call; worst is ${slowest.name}`, slowest, tolerance),
    line(`${counts.atOnce} dumps at once`, find(`${counts.atOnce} × transport.dump`), 1.25),
    line(`${counts.atOnce} consumes at once`, find(`${counts.atOnce} × consume`), 1.25),
    ...pipes,
    line(
      `${counts.producers} producers piped and consumed at once, less the CPU time of it`,
      room,
      2 * tolerance,
      room.least - room.cpuMilliseconds / unit,
    ),
    line('router.close()', find('router.close()'), 0.1),
  ];
}

export function judgeWire({ counts, rows, floors, compressed }) {
  const find = (name) => rows.find((row) => row.name.startsWith(name));
  const line = (what, reached, limit, floor) =>
    judge({ goal: '5 wire', what, reached, limit, floor });
  const consume = rows.find(({ name }) => name === 'consume');
  const pause = rows.find(({ name }) => name.startsWith('consumer.pause'));
  const dumps = find(`${counts.atOnce} × transport.dump`);
  const consumes = find(`${counts.atOnce} × consume`);
  const closing = find('router.close()');
  const idle = find('idle');
  const mostFrames = (row) => Math.max(row.framesUp, row.framesDown);
  const allIdle = Math.max(idle.framesUp + idle.controlUp, idle.framesDown + idle.controlDown);
  return [
    line('second consume, bytes up', consume.up, 150, '~60'),
    line('second consume, bytes down', consume.down, 1250, floors.consume.down),
    line('pause, bytes up', pause.up, 40, floors['consumer.pause/resume'].up),
    line(`${counts.atOnce} dumps at once, frames each way`, mostFrames(dumps), 2, 1),
    line(`${counts.atOnce} consumes at once, frames each way`, mostFrames(consumes), 2, 1),
    line('closing a full router, frames each way', mostFrames(closing), 1, 1),
    line('idle for 10 s, frames each way', (allIdle * 10_000) / counts.idle, 1, 0),
    line('compression (0 is off)', compressed ? 1 : 0, 0, 0),
  ];
}
