export interface Bounds {
  minimum?: number | null | undefined;
  maximum?: number | null | undefined;
  integer?: boolean | undefined;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number that `text` spells (scientific notation too), or null when it spells none. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim().replace('−', '-');
  if (!NUMBER.test(trimmed)) return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : null;
}

/** One step up or down: 1 for whole numbers, 0.01 within a narrow range, else the size of the leading digit. */
export function stepNumber(value: number, direction: 1 | -1, coarse: boolean, bounds: Bounds): number {
  const { minimum, maximum, integer = false } = bounds;
  const step = integer ? 1 : fineStep(value, direction, minimum, maximum);
  const moved = Number((value + direction * step * (coarse ? 10 : 1)).toPrecision(12));
  const above = minimum == null ? moved : Math.max(minimum, moved);
  return maximum == null ? above : Math.min(maximum, above);
}

function fineStep(
  value: number,
  direction: 1 | -1,
  minimum?: number | null,
  maximum?: number | null,
): number {
  if (minimum != null && maximum != null && maximum - minimum <= 2) return 0.01;
  if (minimum != null && maximum != null && maximum - minimum >= 10) return 1;
  if (value === 0) return 0.1;
  const size = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  const leavesDecade = Math.abs(value) <= 10 ** size * (1 + 1e-9) && Math.sign(value) !== direction;
  return 10 ** (leavesDecade ? size - 1 : size);
}
