/** A number as people read it: three significant digits. */
export function number(value, digits = 3) {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 10 ** digits) return String(Math.round(value));
  return String(Number(value.toPrecision(digits)));
}

/** `1.2 [1.1–1.3]` */
export function spread({ median, q25, q75 }) {
  return `${number(median)} [${number(q25)}–${number(q75)}]`;
}

/**
 * A table in columns: numbers to the right, the first so many columns to the left.
 *
 * @param left How many columns are text. Default 1.
 */
export function table(head, rows, left = 1) {
  const cells = [head, ...rows].map((row) => row.map((cell) => number(cell)));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) =>
        column < left ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}
