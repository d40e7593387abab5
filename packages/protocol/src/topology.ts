/** How many objects there are. */
export interface ObjectCounts {
  routers: number;
  webRtcServers: number;
  /** All but pipe transports. */
  transports: number;
  /** Pipe transports. */
  pipes: number;
  /** Data producers included. */
  producers: number;
  /** Data consumers included. */
  consumers: number;
}

/** One client of a server. */
export interface SessionTopology extends ObjectCounts {
  /** Counts from 1 in the order in which sessions began; says nothing else of who it is. */
  session: number;
  /** Seconds since it began. */
  age: number;
  /** It has a connection; otherwise it waits for its client to come back. */
  attached: boolean;
  /** It is the one that asked. */
  asking?: true;
  workers: number;
}

/** One worker, as the sessions of a server have it. */
export interface WorkerTopology extends ObjectCounts {
  session: number;
  pid: number;
  /** Of several hosts, the one that it is on. */
  host?: string;
  /** Percent of one core; undefined where the server that answers does not measure it. */
  cpu?: number;
  /** The most memory that its process ever had resident, bytes. */
  memory?: number;
}

/** A real worker behind one that stands for several. */
export interface RealWorkerTopology {
  /** Of the worker that it is behind. */
  index: number;
  /** Undefined while none runs here. */
  pid?: number;
  /** Of several hosts, the one that it is on. */
  host?: string;
  state: string;
  /** Percent of one core, measured. */
  cpu: number;
  /** Percent of one core, held for what joined too lately to be measured. */
  reserved: number;
  transports: number;
  producers: number;
  consumers: number;
}

/** Streams that are piped from one real worker to another. */
export interface PipeTopology {
  kind: 'media' | 'data';
  /** Indexes of real workers. */
  from: number;
  to: number;
  /** From one host to another. */
  crosses: boolean;
  streams: number;
}

/** A worker that stands for several. */
export interface VerticalTopology {
  /** As applications see it. */
  pid: number;
  routers: number;
  realRouters: number;
  realWorkers: RealWorkerTopology[];
  pipes: PipeTopology[];
}

/** Load of a host. */
export interface LoadTopology {
  cpus: number;
  /** Percent of all cores, since the figure before; undefined at first. */
  cpu?: number;
  /** `os.loadavg()` */
  loadavg: number[];
  /** Bytes. */
  freemem: number;
  totalmem: number;
  /** Bits per second, since the figure before; undefined at first, or where it is not known. */
  received?: number;
  sent?: number;
  /** Bits per second that can be sent, if known. */
  capacity?: number;
}

/** A server behind another. */
export interface UpstreamTopology {
  url: string;
  /** It answers. */
  usable: boolean;
  /** Why there is no more to tell of it. */
  error?: string;
  topology?: ServerTopology;
}

/** What a server and all that is behind it serve. Holds no ids, names or data of applications. */
export interface ServerTopology {
  /** Version of the server. */
  server: string;
  /** Version of the mediasoup that it gives. */
  mediasoup: string;
  /** `local`: workers of this host. `proxy`: those of another server. `cluster`: of several. */
  serves: 'local' | 'proxy' | 'cluster';
  /** All of that as one worker. */
  vertical: boolean;
  draining: boolean;
  /** Seconds since it was started. */
  uptime: number;
  /** The host that it runs on, where media is local. */
  host?: { id: string; tags?: Readonly<Record<string, string>>; pipeAddress?: string };
  /** Of the host that it runs on, where media is local. */
  load?: LoadTopology;
  sessions: SessionTopology[];
  workers: WorkerTopology[];
  /** With `vertical`: what is behind each worker. */
  behind?: VerticalTopology[];
  /** Unless it is `local`. */
  upstreams?: UpstreamTopology[];
}
