import { loggerOf } from './loggers.js';
import { closing, coreOf, observerOf, type Mirror } from './Mirror.js';

/*
 * What closes with what, in mediasoup's order (docs/closures.md). Everything here happens within
 * the call: when close() returns, all below is closed and every event of it has been emitted.
 */

/** The application closes an object: all below closes too, and the server is told. */
export function closeByApplication(mirror: Mirror): void {
  const core = coreOf(mirror);

  if (core.closed) {
    return;
  }
  loggerOf(core.kind).debug('close()');
  shut(mirror);
  core.session.notify(core, 'close', []);
  if (core.kind === 'worker') {
    core.session.abortCalls(core);
  }
  closeChildren(mirror);
  mirror[closing](true);
  core.leaveOwner();
  observerOf(mirror)?.safeEmit('close');
}

/** The object closes since something above it did; nobody needs to be told. */
export function closeByCause(mirror: Mirror, event: string): void {
  const core = coreOf(mirror);

  if (core.closed) {
    return;
  }
  core.closedBy = event;
  shut(mirror);
  closeChildren(mirror);
  mirror[closing](false);
  core.leaveOwner();
  // The server speaks of the owner alone, even if that closes only after this.
  core.endWithOwner();
  mirror.safeEmit(event);
  observerOf(mirror)?.safeEmit('close');
}

/** The worker has gone without being asked to. */
export function workerDied(mirror: Mirror, error: Error): void {
  const core = coreOf(mirror);

  if (core.closed) {
    return;
  }
  core.state['died'] = true;
  core.state['subprocessClosed'] = true;
  shut(mirror);
  closeChildren(mirror);
  core.leaveOwner();
  mirror.safeEmit('died', error);
  mirror.safeEmit('subprocessclose');
  observerOf(mirror)?.safeEmit('close');
}

/** Nobody will tell any more when the process of a worker that was closed has gone. */
export function subprocessClosed(worker: Mirror): void {
  coreOf(worker).state['subprocessClosed'] = true;
  worker.safeEmit('subprocessclose');
}

function shut(mirror: Mirror): void {
  const core = coreOf(mirror);
  const { onClose, onCloseIfPresent } = core.row;

  core.closed = true;
  core.closedLocally = true;
  Object.assign(core.state, onClose);
  for (const [field, value] of Object.entries(onCloseIfPresent ?? {})) {
    if (core.state[field] !== undefined) {
      core.state[field] = value;
    }
  }
}

function closeChildren(mirror: Mirror): void {
  const core = coreOf(mirror);

  core.row.owns?.forEach(({ closedBy }, index) => {
    const children = core.children[index];

    for (const child of children ?? []) {
      (child as unknown as Record<string, () => void>)[closedBy]?.();
    }
    children?.clear();
  });
}
