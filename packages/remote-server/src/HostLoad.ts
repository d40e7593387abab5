import { hostStats, type ManagerStats } from '@tureen/manager';
import type { LoadTopology } from '@tureen/protocol';

/** Milliseconds over which a figure must be measured to tell anything. */
const shortest = 250;

interface Sample {
  at: number;
  os: ManagerStats['os'];
}

/** Makes rates of what a host counts. */
export class HostLoad {
  #last: Sample = { at: performance.now(), os: hostStats().os };
  #rates: Pick<LoadTopology, 'cpu' | 'received' | 'sent'> = {};

  /** Rates since the figures before, or since this object was made. */
  read({ os }: Pick<ManagerStats, 'os'>): LoadTopology {
    const now = { at: performance.now(), os };

    if (now.at - this.#last.at >= shortest) {
      this.#rates = ratesOf(this.#last, now);
      this.#last = now;
    }

    const { cpus, loadavg, freemem, totalmem, network } = os;

    return {
      cpus,
      loadavg,
      freemem,
      totalmem,
      ...this.#rates,
      ...(network?.capacity !== undefined && { capacity: network.capacity }),
    };
  }
}

function ratesOf(before: Sample, after: Sample): Pick<LoadTopology, 'cpu' | 'received' | 'sent'> {
  const [from, to] = [before.os.cpuTimes, after.os.cpuTimes];
  const [netFrom, netTo] = [before.os.network, after.os.network];
  const seconds = (after.at - before.at) / 1000;
  const bitRate = (one: number, two: number) =>
    Math.max(0, Math.round(((two - one) * 8) / seconds));

  return {
    ...(from &&
      to &&
      to.total > from.total && { cpu: ((to.busy - from.busy) / (to.total - from.total)) * 100 }),
    ...(netFrom &&
      netTo && {
        received: bitRate(netFrom.received, netTo.received),
        sent: bitRate(netFrom.sent, netTo.sent),
      }),
  };
}
