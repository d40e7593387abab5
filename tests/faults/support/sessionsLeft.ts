import { metricsOf } from '../../security/support/attempts.js';
import { until } from '../../support/events.js';
import type { ObservedDaemon } from './ObservedDaemon.js';

/**
 * Waits until a daemon has so many sessions. One whose client went without a word stays for the
 * resume window, so a file that is done before must not look at once.
 *
 * @param daemon - One with `--health-port 0` that logs what it does.
 */
export async function sessionsLeft(daemon: ObservedDaemon, count: number): Promise<void> {
  await until(
    `${count} sessions at the daemon`,
    async () => (await metricsOf(daemon)).get('tureen_sessions') === count,
  );
}
