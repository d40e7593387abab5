// What the scripts show, and how they end.
import { WorkerBuildError } from '../../packages/remote-server/worker-build/index.mjs';

/** A failure whose message says it all. */
export class StepError extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs a step that has a name, showing its messages and how long it took. */
export async function step(name, action) {
  const started = performance.now();
  const say = (message) => console.log(`[${name}] ${message}`);
  try {
    const result = await action(say);
    say(`ready after ${seconds(started)}`);
    return result;
  } catch (error) {
    say(`failed after ${seconds(started)}`);
    throw error;
  }
}

/** An error that was foreseen needs its message, any other its stack. */
export function showError(error) {
  const isForeseen =
    error instanceof WorkerBuildError ||
    error instanceof StepError ||
    error.code?.startsWith('ERR_PARSE_ARGS_');
  console.error(isForeseen ? error.message : error);
}

/** Aborted, with a WorkerBuildError that says so, when this process is told to stop. */
export function interruption() {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(name, () => interrupted.abort(new WorkerBuildError(`ended by ${name}`)));
  }
  return interrupted.signal;
}

/** Runs a script's main function; a failure is shown and becomes exit code 1. */
export async function main(action) {
  try {
    await action();
  } catch (error) {
    showError(error);
    process.exitCode = 1;
  }
}
