import { PipeError } from './PipeError.js';

/**
 * @param timeout - Milliseconds; 0 waits for ever.
 * @throws PipeError that says what took too long.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  timeout: number,
  what: string,
): Promise<T> {
  if (timeout === 0) {
    return promise;
  }

  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PipeError(`${what} took longer than ${timeout} ms`)),
      timeout,
    );
  });

  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
