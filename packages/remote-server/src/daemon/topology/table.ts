/** A column: what is above it, and what is in it for each row; texts of nothing leave it out. */
export interface Column<Row> {
  header: string;
  value(row: Row): string | number | undefined;
  /** Default: to the right, as numbers are read. */
  align?: 'left';
}

/** Most characters of a cell. */
const widest = 24;

/** The rows under the headers, in columns as wide as they must be; those without a value are left out. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const shown = columns
    .map(({ header, value, align }) => ({
      align,
      cells: [header, ...rows.map((row) => shorten(String(value(row) ?? ''), widest))],
    }))
    .filter(({ cells }) => cells.slice(1).some((cell) => cell !== ''));
  const padded = shown.map(({ align, cells }) => {
    const width = Math.max(...cells.map(({ length }) => length));

    return cells.map((cell) => (align === 'left' ? cell.padEnd(width) : cell.padStart(width)));
  });

  return [...rows.keys(), rows.length].map((index) =>
    padded
      .map((cells) => cells[index])
      .join('  ')
      .trimEnd(),
  );
}

export function shorten(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
