import {
  registerHost,
  type HostRegistration,
  type HostState,
  type RegistrationOptions,
} from '@tureen/discovery';
import { onTestFinished } from 'vitest';
import { until } from '../../support/events.js';

/**
 * Short enough to wait for. A machine that is busy with other tests may stop everybody for two
 * seconds: a lease must outlast that, and so must the patience with Redis.
 */
export const short = { lease: 5000, renewInterval: 500, timeout: 3000 };

export interface Registered {
  registration: HostRegistration;
  /** What it says of itself; change it, and call `update()`. */
  state: HostState;
  /** `info`, `warn` and `error` with their messages. */
  log: string[];
  /** Everything that was logged, details included. */
  logged: unknown[];
}

/** A registration with what it has logged; it is closed when the test is over. */
export function register(
  redisUrl: string,
  hostId: string,
  more: Partial<RegistrationOptions> = {},
): Registered {
  const state: HostState = {};
  const log: string[] = [];
  const logged: unknown[] = [];
  const write = (level: string) => (details: object, message: string) => {
    log.push(`${level} ${message}`);
    logged.push(details);
  };
  const registration = registerHost({
    redisUrl,
    hostId,
    url: `ws://${hostId}:4600`,
    state: () => state,
    logger: { info: write('info'), warn: write('warn'), error: write('error') },
    ...short,
    ...more,
  });

  onTestFinished(() => registration.close());

  return { registration, state, log, logged };
}

/** One that Redis has taken. */
export async function registered(
  redisUrl: string,
  hostId: string,
  more: Partial<RegistrationOptions> = {},
): Promise<Registered> {
  const all = register(redisUrl, hostId, more);

  await until(`${hostId} to be registered`, () => all.registration.epoch !== undefined);

  return all;
}
