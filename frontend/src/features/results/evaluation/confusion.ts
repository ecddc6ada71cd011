/** What a confusion matrix says, row by row: `confusion[true][predicted]`. */

export type Scale = 'count' | 'share';

/** A cell as a part of its row, that is, of all images that truly are of the class. */
export function shareOf(confusion: readonly (readonly number[])[], row: number, column: number): number {
  const images = confusion[row]?.reduce((sum, value) => sum + value, 0) ?? 0;
  return images === 0 ? 0 : (confusion[row]?.[column] ?? 0) / images;
}

/** The mix-ups that happen most, off the diagonal. */
export function worstMixups(
  confusion: readonly (readonly number[])[],
  most: number,
): { row: number; column: number; count: number }[] {
  return confusion
    .flatMap((line, row) => line.map((count, column) => ({ row, column, count })))
    .filter(({ row, column, count }) => row !== column && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, most);
}

/** Where a key leads from a cell of a square table with `size` rows; null for keys that lead nowhere. */
export function moved(
  key: string,
  { row, column }: { row: number; column: number },
  size: number,
  jump: boolean,
): { row: number; column: number } | null {
  const last = size - 1;
  const within = (value: number) => Math.min(last, Math.max(0, value));
  switch (key) {
    case 'ArrowUp':
      return { row: within(row - 1), column };
    case 'ArrowDown':
      return { row: within(row + 1), column };
    case 'ArrowLeft':
      return { row, column: within(column - 1) };
    case 'ArrowRight':
      return { row, column: within(column + 1) };
    case 'Home':
      return { row: jump ? 0 : row, column: 0 };
    case 'End':
      return { row: jump ? last : row, column: last };
    default:
      return null;
  }
}

/** The cell of one model that an address names as `model,row,column`; null where it names none of its cells. */
export function cellOf(
  named: string | undefined,
  model: number,
  classes: number,
): { row: number; column: number } | null {
  const found = /^(\d+),(\d+),(\d+)$/.exec(named ?? '');
  if (found === null) return null;
  const [, of, row, column] = found.map(Number);
  if (of !== model || row === undefined || column === undefined || row >= classes || column >= classes)
    return null;
  return { row, column };
}

type Rgb = readonly [number, number, number];

/** The matrix as a picture of one pixel for each cell (RGBA): the stronger the colour, the larger the part of the class. */
export function heatPixels(
  confusion: readonly (readonly number[])[],
  { right, wrong, none }: Readonly<Record<'right' | 'wrong' | 'none', Rgb>>,
): Uint8ClampedArray {
  const size = confusion.length;
  const pixels = new Uint8ClampedArray(size * size * 4);
  confusion.forEach((line, row) => {
    const all = line.reduce((sum, value) => sum + value, 0);
    for (let column = 0; column < size; column += 1) {
      const images = line[column] ?? 0;
      const strength = images === 0 ? 0 : 0.25 + (0.75 * images) / all; // a single image still shows
      const hue = row === column ? right : wrong;
      const at = (row * size + column) * 4;
      for (const part of [0, 1, 2] as const)
        pixels[at + part] = none[part] + (hue[part] - none[part]) * strength;
      pixels[at + 3] = 255;
    }
  });
  return pixels;
}
