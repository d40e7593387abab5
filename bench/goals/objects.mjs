// Goals 9 and 10: packets through DirectTransport, and what mirrors cost.
import { judge, unjudged } from './judge.mjs';

export function judgeDirect({ received }) {
  const at = (rate) => received.find((row) => row.rate === rate);
  const line = (what, reached, limit, floor, more) =>
    judge({ goal: '9 DirectTransport', what, reached, limit, floor, ...more });
  const most = at(30_000);
  const middle = at(10_000);
  return [
    line(
      'kept of what the worker passed on, 30k packets/s',
      most?.remote.kept,
      0.99,
      most?.local.kept,
      {
        atLeast: true,
      },
    ),
    line("server CPU ÷ local's at 30k", most?.hostCpu.median, 1.4, 1),
    line("server CPU ÷ local's at 10k", middle?.hostCpu.median, 2, 1),
    line('client µs of CPU per packet at 30k', most?.remote.client, 7),
    unjudged(
      '9 DirectTransport',
      'queue bounded, drops counted',
      'a matter of tests, not of measuring',
    ),
  ];
}

export function judgeMemory({ held, churn, reading, closing }) {
  const line = (what, reached, limit, floor) =>
    judge({ goal: '10 mirrors', what, reached, limit, floor });
  return [
    line('client heap per consumer, bytes', held.client.heap, 1500, held.floor.heap),
    line(
      'server heap per consumer beyond mediasoup’s, bytes',
      held.server.heap - held.local.heap,
      400,
      0,
    ),
    line('reading rtpParameters ÷ local', reading.ratio.median, 0.25, 0),
    line('client heap after many came and went ÷ before', churn.client, 1.05, churn.local),
    line('server heap after many came and went ÷ before', churn.server, 1.05, churn.local),
    line('router.close() with 1000 consumers ÷ local', closing.ratio.median, 2, 1),
  ];
}
