export interface TileSize {
  width: number;
  height: number;
}

const WIDEST = 16 / 9;
const NARROWEST = 6 / 5;
const SMALLEST_WIDTH = 150;

/**
 * The size at which `count` equal tiles fill an area best, between 6:5 and 16:9. When they would
 * become too small to see, they keep a minimal width and the area scrolls.
 */
export function tileSize(count: number, area: TileSize, gap: number): TileSize {
  let best: TileSize = { width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const room = {
      width: (area.width - gap * (columns - 1)) / columns,
      height: (area.height - gap * (rows - 1)) / rows,
    };
    const size = fit(room);
    if (size.width * size.height > best.width * best.height) best = size;
  }
  if (best.width >= SMALLEST_WIDTH) return best;
  const columns = Math.max(1, Math.floor((area.width + gap) / (SMALLEST_WIDTH + gap)));
  const width = Math.floor((area.width - gap * (columns - 1)) / columns);
  return { width, height: Math.floor((width * 3) / 4) };
}

function fit({ width, height }: TileSize): TileSize {
  const ratio = width / height;
  return {
    width: Math.floor(ratio > WIDEST ? height * WIDEST : width),
    height: Math.floor(ratio < NARROWEST ? width / NARROWEST : height),
  };
}
