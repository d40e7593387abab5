import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = new URL('../../docs/failures.md', import.meta.url);
const rows = readFileSync(page, 'utf8')
  .split('\n')
  .filter((line) => /^\|/.test(line) && !/^\| (event|---)/.test(line));

/** `[file](path): name of a test; name of another; [file](path): …` */
function citations(cell: string): { path: string; names: string[] }[] {
  return [...cell.matchAll(/\[[^\]]+\]\(([^)]+)\): ?((?:(?!\[).)*)/g)].map(([, path, names]) => ({
    path: path as string,
    names: (names as string)
      .split(';')
      .map((name) => name.trim())
      .filter(Boolean),
  }));
}

test('the page has rows', () => {
  expect(rows.length).toBeGreaterThan(40);
});

test.each(rows.map((row) => [row.split('|')[1]?.trim(), row]))('%s', (_event, row) => {
  const cited = citations(row.split('|').at(-2) as string);

  expect(cited.length).toBeGreaterThan(0);
  for (const { path, names } of cited) {
    const file = new URL(path, page);

    expect(existsSync(file), path).toBe(true);
    for (const name of names) {
      expect(readFileSync(file, 'utf8'), path).toContain(name);
    }
  }
});
