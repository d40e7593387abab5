// Figures of the process that loads this module, for soak.mjs. Needs node --expose-gc.
import { readFileSync } from 'node:fs';
import { getHeapCodeStatistics, getHeapSpaceStatistics } from 'node:v8';

/** Resident bytes of a kind: RssAnon is the process's own, RssFile that of executables. */
function resident(status, kind) {
  return Number(new RegExp(`^${kind}:\\s+(\\d+)`, 'm').exec(status)[1]) * 1024;
}

/**
 * @param {boolean} collect - Collect garbage, after all else has been looked at, and tell what is
 *   kept, which V8 could not get rid of, and how much of it is code that V8 compiled.
 */
export function memory(collect) {
  const status = readFileSync('/proc/self/status', 'utf8');
  const { heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const spaces = getHeapSpaceStatistics();
  const young = spaces.filter(({ space_name: name }) => name.startsWith('new_'));
  const figures = {
    rss: resident(status, 'VmRSS'),
    own: resident(status, 'RssAnon'),
    young: young.reduce((sum, space) => sum + space.physical_space_size, 0),
    heapTotal,
    heapUsed,
    external,
    arrayBuffers,
    handles: process.getActiveResourcesInfo().length,
  };

  if (collect) {
    // Twice: finalizers run after the first.
    globalThis.gc();
    globalThis.gc();

    const after = process.memoryUsage();
    const code = getHeapCodeStatistics();

    figures.kept = after.heapUsed + after.external;
    figures.compiled = code.code_and_metadata_size + code.bytecode_and_metadata_size;
  }

  return figures;
}
