// What the scripts show, and how they end.
import { WorkerBuildError } from '../../packages/remote-server/worker-build/index.mjs';

const PARENT_POLL_MS = 250;

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

// npm may run us in a shell that does not pass on the signal by which npm ends it: then all we
// see is that we have another parent.
function watchParent(onGone) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, PARENT_POLL_MS);
  timer.unref();
}

/** Aborted, with a StepError that says so, when this process is told to stop. */
export function interruption() {
  const interrupted = new AbortController();
  const stop = (reason) => interrupted.abort(new StepError(`ended by ${reason}`));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => stop(name));
  if (process.env.npm_lifecycle_event) watchParent(() => stop('npm'));
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
