/** Where the server reports what happens. Details are flat: they end up on one line. */
export interface Log {
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
}

function line(message: string, details: Record<string, unknown> = {}): string {
  const pairs = Object.entries(details).map(
    ([key, value]) => `${key}=${value instanceof Error ? value.message : JSON.stringify(value)}`,
  );
  return [new Date().toISOString(), message, ...pairs].join(' ');
}

/** Writes to standard error; standard output is for the line that says where we listen. */
export const consoleLog: Log = {
  info: (message, details) => console.error(line(message, details)),
  warn: (message, details) => console.error(line(`warning: ${message}`, details)),
};
