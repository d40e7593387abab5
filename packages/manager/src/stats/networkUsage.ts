import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ManagerStats } from './ManagerStats.js';

const interfaces = '/sys/class/net';

/** Of all interfaces but loopback; undefined where the system does not tell. */
export function networkUsage(): ManagerStats['os']['network'] {
  try {
    const all = readdirSync(interfaces).filter((name) => name !== 'lo');
    const devices = all.filter((name) => existsSync(`${interfaces}/${name}/device`));
    // What passes a bridge would count twice; in a container there is nothing but such.
    const names = devices.length > 0 ? devices : all;
    const sum = (file: string) =>
      names.reduce((total, name) => total + numberIn(`${interfaces}/${name}/${file}`), 0);
    // Megabits per second; -1 where it is unknown, as of most virtual interfaces.
    const speed = sum('speed');

    return {
      received: sum('statistics/rx_bytes'),
      sent: sum('statistics/tx_bytes'),
      ...(speed > 0 && { capacity: speed * 1e6 }),
    };
  } catch {
    return undefined;
  }
}

function numberIn(file: string): number {
  try {
    return Math.max(0, Number(readFileSync(file, 'utf8'))) || 0;
  } catch {
    // Reading the speed of an interface that is down is an error.
    return 0;
  }
}
