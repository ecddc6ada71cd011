/** Which part of a long grid is looked at, and where keys lead in it. */

/** The pages that hold the items from `first` to `last` and those in `also`; none beyond the end. */
export function pagesOf(
  first: number,
  last: number,
  also: readonly (number | null)[],
  total: number,
  pageSize: number,
): number[] {
  const pages = new Set<number>();
  const end = Math.min(last, total - 1);
  for (let page = Math.floor(first / pageSize); page <= Math.floor(end / pageSize); page += 1)
    pages.add(page);
  for (const index of also) {
    if (index !== null && index >= 0 && index < total) pages.add(Math.floor(index / pageSize));
  }
  return [...pages];
}

/** Whether two sets of pages meet or lie side by side: then one has scrolled, else jumped or flown. */
export function isNear(before: readonly number[], after: readonly number[]): boolean {
  return after.some((page) => before.some((other) => Math.abs(page - other) <= 1));
}

interface Grid {
  total: number;
  columns: number;
  /** Whole rows in sight. */
  rows: number;
}

/** The item that a key leads to from `index`; null for keys that lead nowhere. */
export function movedInGrid(key: string, index: number, { total, columns, rows }: Grid): number | null {
  const step = stepOf(key, columns, rows);
  if (key === 'Home') return 0;
  if (key === 'End') return total - 1;
  if (step === null) return null;
  const to = index + step;
  if (Math.abs(step) === 1) return Math.min(total - 1, Math.max(0, to));
  if (to < 0) return Math.abs(step) === columns ? index : index % columns;
  if (to > total - 1) {
    const isLastRow = Math.floor(index / columns) === Math.floor((total - 1) / columns);
    return isLastRow ? index : total - 1;
  }
  return to;
}

function stepOf(key: string, columns: number, rows: number): number | null {
  switch (key) {
    case 'ArrowLeft':
      return -1;
    case 'ArrowRight':
      return 1;
    case 'ArrowUp':
      return -columns;
    case 'ArrowDown':
      return columns;
    case 'PageUp':
      return -columns * Math.max(1, rows);
    case 'PageDown':
      return columns * Math.max(1, rows);
    default:
      return null;
  }
}
