import type { HostIdentity } from '../host.js';

/** Usage of one real worker. */
export interface WorkerStats {
  pid: number;
  /** Percent of one core, since the stats before these were taken; at first since it was created. */
  cpu: number;
  /** The most memory that its process ever had resident, bytes. */
  memory: number;
}

/** One host of several. */
export interface HostEntry {
  /** It answers, and may be given work. */
  usable: boolean;
  /** Who it is to those who use it. */
  id?: string;
  /** It gets no new workers, and what it has shall go. */
  draining?: boolean;
  /** What it answered last; undefined if it never did. */
  stats?: ManagerStats;
}

/**
 * Usage of a host, of the process there that serves, and of its workers, in the units of the Node
 * functions named. Of several hosts: sums.
 */
export interface ManagerStats {
  os: {
    /** `os.availableParallelism()` */
    cpus: number;
    /** `os.loadavg()` */
    loadavg: number[];
    /** `os.freemem()`, bytes */
    freemem: number;
    /** `os.totalmem()`, bytes */
    totalmem: number;
    /** `os.uptime()`, seconds */
    uptime: number;
    /** Of all cores together since the host started, by `os.cpus()`, milliseconds. */
    cpuTimes?: { busy: number; total: number };
    /** Of all interfaces but loopback, where the system tells it. */
    network?: {
      /** Bytes since the host started. */
      received: number;
      sent: number;
      /** Bits per second that can be sent, as the operator or the interfaces say. */
      capacity?: number;
    };
  };
  process: {
    /** `process.cpuUsage()`, microseconds */
    cpuUsage: { user: number; system: number };
    /** `process.memoryUsage()`, bytes */
    memoryUsage: { rss: number; heapTotal: number; heapUsed: number; external: number };
    /** `process.uptime()`, seconds */
    uptime: number;
  };
  /** Undefined where the workers are not known one by one. */
  workers?: WorkerStats[];
  /** Who the host is, where it tells. */
  host?: HostIdentity;
  /** It takes no new workers. */
  draining?: boolean;
  /** Of a cluster: each host. */
  hosts?: HostEntry[];
}
