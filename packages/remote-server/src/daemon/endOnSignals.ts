import type { Logger } from '../Logger.js';
import type { RemoteServer } from '../RemoteServer.js';

/** Milliseconds that worker processes may take to go. They are told at once; one might hang. */
const exitTimeout = 10_000;

/**
 * SIGTERM drains: no new workers, and the end when there are none any more or `drainTimeout`
 * milliseconds have passed. SIGINT, or any second signal, does not wait for them. A signal after
 * that exits at once. In the end no worker is left, even one that hangs.
 *
 * @param hooks - `onDrain`: it has begun. `close`: closes the server and frees what else the daemon
 *   holds.
 */
export function endOnSignals(
  server: RemoteServer,
  drainTimeout: number,
  logger: Logger,
  { onDrain, close }: { onDrain: () => void; close: () => Promise<unknown> },
): void {
  let state: 'serving' | 'draining' | 'ending' = 'serving';

  const exitAnyway = () => {
    server.killWorkers();
    process.exit(1);
  };
  const end = (reason: string) => {
    state = 'ending';
    logger.info({ reason, sessions: server.sessions }, 'ending');
    setTimeout(() => {
      logger.error({}, 'worker processes did not go in time');
      exitAnyway();
    }, exitTimeout).unref();
    void close().then(() => process.exit(0));
  };
  const drain = () => {
    const timer = setTimeout(() => finish('drain timeout'), drainTimeout);
    const finish = (reason: string) => {
      if (state === 'draining') {
        clearTimeout(timer);
        end(reason);
      }
    };

    state = 'draining';
    logger.info({ sessions: server.sessions, drainTimeout }, 'draining');
    void server.drain().then(() => finish('no workers left'));
    onDrain();
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (state === 'ending') {
      exitAnyway();
    } else if (state === 'serving' && signal === 'SIGTERM' && drainTimeout > 0) {
      drain();
    } else {
      end(signal);
    }
  };

  // Before mediasoup's own listeners, which close workers on these signals, drain or not.
  keepMediasoupFromClosing(onSignal);
}

/** mediasoup adds listeners of its own for each worker; ours decides instead. */
function keepMediasoupFromClosing(onSignal: (signal: NodeJS.Signals) => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, onSignal);
    process.on('newListener', (event, listener) => {
      if (event === signal && listener !== onSignal) {
        // After it has been added.
        process.nextTick(() => process.off(signal, listener));
      }
    });
  }
}

/**
 * Ends the process on SIGTERM or SIGINT as long as it serves nothing.
 *
 * @returns Call it when it does.
 */
export function endWhileWaiting(close: () => void): () => void {
  const end = () => {
    close();
    process.exit(0);
  };

  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  return () => {
    process.off('SIGTERM', end);
    process.off('SIGINT', end);
  };
}
