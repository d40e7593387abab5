import { pickPort } from 'pick-port';

/**
 * A TCP port of 127.0.0.1 that is free, and stays so until somebody asks for this very one: for
 * what has to know its port before it listens, or has to come back where it was. The kernel gives
 * ports up to 60,999 to whoever names none, and mediasoup up to 59,999.
 */
export function freePort(): Promise<number> {
  const range = { minPort: 61_000, maxPort: 65_535 };

  return pickPort({ type: 'tcp', ip: '127.0.0.1', ...range, reserveTimeout: 0 });
}
