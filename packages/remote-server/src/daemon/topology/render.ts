import type {
  LoadTopology,
  ObjectCounts,
  PipeTopology,
  ServerTopology,
  SessionTopology,
  UpstreamTopology,
  VerticalTopology,
  WorkerTopology,
} from '@tureen/protocol';
import { shorten, table, type Column } from './table.js';
import { bitRate, bytes, duration, percent } from './units.js';

/** Characters of a line. */
const width = 100;

/** What a server serves, as a tree for people: lines of 100 characters at most. */
export function render(url: string, topology: ServerTopology): string {
  return serverLines(url, topology)
    .map((line) => shorten(printable(line), width))
    .join('\n');
}

/** What servers further away say must not move anybody's cursor. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

function serverLines(url: string, topology: ServerTopology): string[] {
  const { serves, vertical, draining, uptime, server, mediasoup, upstreams = [] } = topology;
  const what = { local: 'local workers', proxy: 'proxy', cluster: 'cluster' }[serves];
  const state = [
    vertical ? `${what} as one` : what,
    draining ? 'draining' : '',
    `up ${duration(uptime)}`,
    `tureen ${server}, mediasoup ${mediasoup}`,
  ];

  return [
    `${url}  ${state.filter((part) => part !== '').join(', ')}`,
    ...indent([
      ...hostLines(topology),
      ...sessionLines(topology.sessions),
      ...workerLines(topology.workers),
      ...(topology.behind ?? []).flatMap(verticalLines),
      ...upstreams.flatMap(upstreamLines),
    ]),
  ];
}

function upstreamLines({ url, topology, error }: UpstreamTopology): string[] {
  return topology ? serverLines(url, topology) : [`${url}  ${error ?? 'unknown'}`];
}

function hostLines({ host, load }: ServerTopology): string[] {
  const tags = Object.entries(host?.tags ?? {}).map(([key, value]) => `${key}=${value}`);
  const who = host
    ? [`host ${host.id}`, ...tags, host.pipeAddress && `pipes at ${host.pipeAddress}`]
    : [];

  return [who, load ? loadOf(load) : [], load ? networkOf(load) : []]
    .map((parts) => parts.filter((part) => part !== undefined && part !== '').join('  '))
    .filter((line) => line !== '');
}

function loadOf({ cpus, cpu, loadavg, freemem, totalmem }: LoadTopology): string[] {
  return [
    `${countOf(cpus, 'core')}${cpu === undefined ? '' : ` ${percent(cpu)} busy`}`,
    `load ${loadavg.map((value) => value.toFixed(1)).join(' ')}`,
    `memory ${bytes(totalmem - freemem)} of ${bytes(totalmem)}`,
  ];
}

function networkOf({ received, sent, capacity }: LoadTopology): string[] {
  if (received === undefined || sent === undefined) {
    return [];
  }

  const most = capacity === undefined ? '' : ` of ${bitRate(capacity)}`;

  return [`network in ${bitRate(received)}, out ${bitRate(sent)}${most}`];
}

const counts: readonly Column<ObjectCounts>[] = [
  { header: 'routers', value: ({ routers }) => routers },
  { header: 'transports', value: ({ transports }) => transports },
  { header: 'producers', value: ({ producers }) => producers },
  { header: 'consumers', value: ({ consumers }) => consumers },
  { header: 'pipes', value: ({ pipes }) => pipes },
];

function sessionLines(sessions: readonly SessionTopology[]): string[] {
  return sessions.length === 0
    ? ['no sessions']
    : table<SessionTopology>(sessions, [
        { header: 'session', value: ({ session }) => session },
        { header: 'age', value: ({ age }) => duration(age) },
        {
          header: 'client',
          align: 'left',
          value: ({ attached, asking }) => (asking ? 'asking' : attached ? 'connected' : 'away'),
        },
        { header: 'workers', value: ({ workers }) => workers },
        ...counts,
      ]);
}

function workerLines(workers: readonly WorkerTopology[]): string[] {
  return workers.length === 0
    ? []
    : table<WorkerTopology>(workers, [
        { header: 'worker', value: ({ pid }) => pid },
        { header: 'session', value: ({ session }) => session },
        { header: 'host', align: 'left', value: ({ host }) => host },
        { header: 'cpu', value: ({ cpu }) => (cpu === undefined ? undefined : percent(cpu)) },
        {
          header: 'memory',
          value: ({ memory }) => (memory === undefined ? undefined : bytes(memory)),
        },
        ...counts,
      ]);
}

function verticalLines({
  pid,
  routers,
  realRouters,
  realWorkers,
  pipes,
}: VerticalTopology): string[] {
  return [
    `behind worker ${pid}: ${countOf(routers, 'router')} as ${countOf(realRouters, 'real one')}`,
    ...indent([
      ...table(realWorkers, [
        { header: 'index', value: ({ index }) => index },
        { header: 'real worker', value: (worker) => worker.pid },
        { header: 'host', align: 'left', value: ({ host }) => host },
        { header: 'state', align: 'left', value: ({ state }) => state },
        { header: 'cpu', value: ({ cpu, reserved }) => percent(cpu + reserved) },
        { header: 'transports', value: ({ transports }) => transports },
        { header: 'producers', value: ({ producers }) => producers },
        { header: 'consumers', value: ({ consumers }) => consumers },
      ]),
      ...pipes.map(pipeLine),
    ]),
  ];
}

function pipeLine({ kind, from, to, crosses, streams }: PipeTopology): string {
  const way = crosses ? ', between hosts' : '';

  return `pipe ${from} > ${to}: ${countOf(streams, `${kind} stream`)}${way}`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
