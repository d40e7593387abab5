import { readFile } from 'node:fs/promises';
import { hostStats } from '@tureen/manager';
import { Counter, Gauge, type Registry } from 'prom-client';

const prefix = 'tureen_host_';

/** Shows how much of this host is used, by whomever: media suffers from all of it. */
export function watchHost(registry: Registry): void {
  gauge(registry, 'memory_bytes', 'Memory of this host', () => hostStats().os.totalmem);
  gauge(
    registry,
    'memory_available_bytes',
    'Memory of this host that programs can still have',
    () => hostStats().os.freemem,
  );
  counter(registry, 'cpu_busy_seconds_total', 'Time that cores of this host were busy', () =>
    seconds(hostStats().os.cpuTimes?.busy),
  );
  counter(registry, 'cpu_seconds_total', 'Time of all cores of this host, busy or not', () =>
    seconds(hostStats().os.cpuTimes?.total),
  );
  counter(
    registry,
    'udp_receive_errors_total',
    'UDP packets that came to this host and were dropped, mostly since nobody read them in time',
    udpReceiveErrors,
  );
}

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name: `${prefix}${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
}

/** Of something that is counted elsewhere; left out where nobody counts it. */
function counter(
  registry: Registry,
  name: string,
  help: string,
  value: () => number | undefined | Promise<number | undefined>,
): void {
  new Counter({
    name: `${prefix}${name}`,
    help,
    registers: [registry],
    async collect() {
      const count = await value();

      this.reset();
      if (count !== undefined) {
        this.inc(count);
      }
    },
  });
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

/** Of IPv4 and IPv6 together; undefined where Linux does not tell. */
async function udpReceiveErrors(): Promise<number | undefined> {
  try {
    const [ipv4, ipv6] = await Promise.all([
      readFile('/proc/net/snmp', 'utf8'),
      // There is none where IPv6 is switched off.
      readFile('/proc/net/snmp6', 'utf8').catch(() => ''),
    ]);
    const [names = [], values = []] = ipv4
      .split('\n')
      .filter((line) => line.startsWith('Udp: '))
      .map((line) => line.split(' '));

    return (
      Number(values[names.indexOf('InErrors')] ?? 0) +
      Number(/^Udp6InErrors\s+(\d+)$/m.exec(ipv6)?.[1] ?? 0)
    );
  } catch {
    return undefined;
  }
}
