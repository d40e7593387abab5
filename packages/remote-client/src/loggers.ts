import type { Kind } from '@tureen/protocol';
import { Logger } from './library.js';

const loggers = new Map<Kind, Logger>();

/** mediasoup's logger for the class of that kind: same namespaces, same listeners, same DEBUG. */
export function loggerOf(kind: Kind): Logger {
  let logger = loggers.get(kind);

  if (!logger) {
    logger =
      kind === 'mediasoup'
        ? new Logger()
        : new Logger(kind.charAt(0).toUpperCase() + kind.slice(1));
    loggers.set(kind, logger);
  }

  return logger;
}
