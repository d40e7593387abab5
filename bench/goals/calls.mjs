// Goals 1 to 3: latency, throughput and CPU of calls.
import { median } from '../lib/statistics.mjs';
import { judge, unjudged } from './judge.mjs';

const groups = [
  { group: 'simple', name: 'simple calls', latency: 1.25, throughput: 0.7, clientCpu: 0.4 },
  { group: 'transports', name: 'create*Transport', latency: 2, throughput: 0.75, clientCpu: 0.25 },
  { group: 'produce', name: 'produce', latency: 1.4, throughput: 0.85, clientCpu: 0.25 },
  { group: 'consume', name: 'consume', throughput: 1.3, clientCpu: 0.1 },
];

export function judgeCalls({ operations }) {
  return [
    ...judgeLatency(operations),
    ...judgeThroughput(operations),
    ...judgeClientCpu(operations),
  ];
}

/** The worst of a group speaks for it. */
function worst(operations, group, pick, atLeast = false) {
  const members = operations.filter((operation) => operation.group === group);
  const values = members.map((operation) => pick(operation.comparisons));
  const index = values.indexOf(atLeast ? Math.min(...values) : Math.max(...values));
  return { value: values[index], operation: members[index] };
}

function judgeLatency(operations) {
  const added = groups
    .filter(({ latency }) => latency !== undefined)
    .map(({ group, name, latency }) => {
      const { value, operation } = worst(
        operations,
        group,
        ({ remote }) => remote.echoesAdded.median,
      );
      return judge({
        goal: '1 latency',
        what: `${name}: (remote − local) ÷ echo; worst is ${operation.name}`,
        reached: value,
        limit: latency,
        floor: operation.comparisons.bare.echoesAdded.median,
      });
    });
  const consume = operations.find(({ group }) => group === 'consume');
  const p99 = operations.map(({ name, comparisons }) => [comparisons.remote.p99, name]);
  const [worstP99, worstName] = p99.reduce((a, b) => (b[0] > a[0] ? b : a));
  return [
    ...added,
    judge({
      goal: '1 latency',
      what: 'consume: remote ÷ local',
      reached: consume.comparisons.remote.latency.median,
      limit: 1.15,
      floor: consume.comparisons.bare.latency.median,
    }),
    judge({
      goal: '1 latency',
      what: `p99 ÷ (p99 of local + of echo); worst is ${worstName}`,
      reached: worstP99,
      limit: 1.5,
      floor: operations.find(({ name }) => name === worstName).comparisons.bare.p99,
    }),
    judgeTls(operations),
  ];
}

function judgeTls(operations) {
  if (!operations[0].comparisons.wss) {
    return unjudged('1 latency', 'wss ÷ ws ≤ 1.3', 'there is no openssl to make a certificate');
  }
  const ratios = operations.map(({ comparisons }) => comparisons.wss.latencyToRemote.median);
  return judge({
    goal: '1 latency',
    what: 'wss ÷ ws, median of all calls',
    reached: median(ratios),
    limit: 1.3,
  });
}

function judgeThroughput(operations) {
  const lines = groups.map(({ group, name, throughput }) => {
    const { value, operation } = worst(
      operations,
      group,
      ({ remote }) => remote.throughput.median,
      true,
    );
    return judge({
      goal: '2 throughput',
      what: `${name}: calls/s ÷ local, 64 in flight; worst is ${operation.name}`,
      reached: value,
      limit: throughput,
      atLeast: true,
      floor: operation.comparisons.bare.throughput.median,
    });
  });
  const peer = unjudged('2 throughput', '≥ 2.5 × mediakitchen', 'no peers in this harness');
  return [...lines, peer];
}

function judgeClientCpu(operations) {
  return groups.map(({ group, name, clientCpu }) => {
    const { value, operation } = worst(operations, group, ({ remote }) => remote.clientCpu.median);
    return judge({
      goal: '3 client CPU',
      what: `${name}: CPU ÷ local's; worst is ${operation.name}`,
      reached: value,
      limit: clientCpu,
      floor: operation.comparisons.bare.clientCpu.median,
    });
  });
}
