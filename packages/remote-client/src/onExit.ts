/** What is still to be said when the process exits. */
const farewells = new Set<() => void>();

function sayFarewells(): void {
  for (const farewell of farewells) {
    farewell();
  }
}

/**
 * Calls back when the process exits, within which nothing asynchronous happens any more. One
 * listener for all: applications may have many clients, and look for leaks of listeners.
 *
 * @returns A function that takes it back.
 */
export function onExit(farewell: () => void): () => void {
  if (farewells.size === 0) {
    process.on('exit', sayFarewells);
  }
  farewells.add(farewell);

  return () => {
    farewells.delete(farewell);
    if (farewells.size === 0) {
      process.off('exit', sayFarewells);
    }
  };
}
