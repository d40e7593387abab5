/** Something stands in the way of having a mediasoup-worker. The message says what to do. */
export class WorkerBuildError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** `MEDIASOUP_WORKER_BIN` is set, but what it names cannot be run. */
export class WorkerBinError extends WorkerBuildError {}

/**
 * A command could not be started, or ended with a status other than 0.
 * `exitStatus` is undefined when it was killed or never ran; `output` is an excerpt of
 * what it printed.
 */
export class CommandError extends WorkerBuildError {
  constructor(message, { output = '', exitStatus, ...options } = {}) {
    super(output ? `${message}\n${output}` : message, options);
    this.output = output;
    this.exitStatus = exitStatus;
  }
}

/** Debian packages are missing and we may not install them; `command` is what an administrator runs. */
export class MissingPackagesError extends WorkerBuildError {
  constructor({ packages, why, command }) {
    super(
      `${why} needs Debian packages that are not installed: ${packages.join(' ')}\n` +
        `Ask an administrator to run:\n\n  ${command}\n`,
    );
    this.packages = packages;
    this.command = command;
  }
}

/** mediasoup's sources are not what the build was written for. */
export class SourceError extends WorkerBuildError {}

/** A binary started, but did not do what a mediasoup-worker must do. */
export class VerificationError extends WorkerBuildError {}

/** A lock file that cannot be understood. */
export class LockError extends WorkerBuildError {}
