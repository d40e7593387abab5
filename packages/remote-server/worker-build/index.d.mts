type Log = (message: string) => void;
type Environment = Record<string, string | undefined>;

/** Steps of a build. */
export interface BuildProgress {
  done: number;
  total: number;
}

export interface EnsureWorkerOptions {
  /** Folder of the mediasoup package. Default: the one that the current folder would import. */
  mediasoupDir?: string;
  /** Default: silence. */
  log?: Log;
  /** Default: every tenth to `log`. */
  onProgress?: (progress: BuildProgress) => void;
  /** Default: process.env. */
  env?: Environment;
  /** Ends what is under way and cleans up. */
  signal?: AbortSignal;
  /** Build from source whatever is there. Default: false. */
  forceBuild?: boolean;
}

/**
 * Resolves with the path of a mediasoup-worker: MEDIASOUP_WORKER_BIN, mediasoup's own, one
 * provided before, mediasoup's prebuilt download, or a build from mediasoup's sources.
 * Rejects with a WorkerBuildError whose message says what to do, or with the signal's reason.
 */
export function ensureWorker(options?: EnsureWorkerOptions): Promise<string>;

/** Folder of the mediasoup package that a module in `from` (default: the current folder) imports. */
export function findMediasoup(from?: string): string;

/** Rejects with a VerificationError unless the worker does its work within `deadlineMs` (20000). */
export function verifyWorker(options: {
  workerBin: string;
  mediasoupDir: string;
  deadlineMs?: number;
}): Promise<void>;

/** `$XDG_CACHE_HOME/tureen`, or `~/.cache/tureen`. */
export function cacheFolder(env?: Environment): string;

/** Path of the cached worker for a mediasoup version on this host, there or not. */
export function cachedWorkerPath(version: string, env?: Environment): string;

/** Runs `action` while holding the lock file; the lock of a dead process is taken over. */
export function withLock<T>(
  path: string,
  options: { log?: Log; purpose?: string; signal?: AbortSignal },
  action: () => Promise<T>,
): Promise<T>;

/** Progress display that suits the stream: one changing line on a terminal, else every tenth. */
export function progressFor(
  stream: NodeJS.WriteStream,
  log: Log,
  label: string,
): (progress: BuildProgress) => void;

/** The Debian packages that the build needs. */
export const BUILD_PACKAGES: readonly string[];

/** The packages that are not installed, or undefined where there is no dpkg to ask. */
export function missingPackages(
  packages: readonly string[],
  options?: { env?: Environment },
): Promise<string[] | undefined>;

/** The one command by which an administrator installs packages. */
export function administratorCommand(
  packages: readonly string[],
  options?: { listsAreStale?: boolean },
): string;

/** Installs what is missing; rejects with a MissingPackagesError when not root. */
export function ensurePackages(options: {
  packages: readonly string[];
  why: string;
  log?: Log;
  env?: Environment;
  isRoot?: boolean;
  signal?: AbortSignal;
}): Promise<void>;

/** Mends the DTLS fault in a copy of the worker's sources; SourceError if it is not there. */
export function mendDtlsTransport(workerFolder: string): Promise<void>;

/** Reads ninja's "[12/260] ..." lines. */
export function parseNinjaLine(line: string): BuildProgress | undefined;

/** Runs a command to its end; resolves with its standard output. */
export function run(
  command: string,
  args: readonly string[],
  options?: {
    cwd?: string;
    env?: Environment;
    signal?: AbortSignal;
    onLine?: (line: string) => void;
  },
): Promise<string>;

export class WorkerBuildError extends Error {}
export class WorkerBinError extends WorkerBuildError {}
export class CommandError extends WorkerBuildError {
  readonly output: string;
  readonly exitStatus: number | undefined;
}
export class MissingPackagesError extends WorkerBuildError {
  readonly packages: string[];
  readonly command: string;
}
export class SourceError extends WorkerBuildError {}
export class VerificationError extends WorkerBuildError {}
export class LockError extends WorkerBuildError {}
