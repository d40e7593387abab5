// How far a long build is.

/**
 * For a terminal: one line that keeps changing, and ends when `done` reaches `total`.
 *
 * @param {NodeJS.WriteStream} stream
 * @param {string} label
 */
export function terminalProgress(stream, label) {
  return ({ done, total }) => {
    const percent = Math.floor((done / total) * 100);
    stream.write(`\r\x1b[K${label}: ${done} of ${total} (${percent} %)`);
    if (done === total) stream.write('\n');
  };
}

/**
 * For a log: a line whenever another tenth is done.
 *
 * @param {(message: string) => void} log
 * @param {string} label
 */
export function loggedProgress(log, label) {
  let tenth = 0;
  return ({ done, total }) => {
    const now = Math.floor((done / total) * 10);
    if (now <= tenth) return;
    tenth = now;
    log(`${label}: ${now * 10} % (${done} of ${total})`);
  };
}

/** The one that suits the stream. */
export function progressFor(stream, log, label) {
  return stream.isTTY ? terminalProgress(stream, label) : loggedProgress(log, label);
}
