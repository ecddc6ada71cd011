/** A memory curve as a drawing: pure, so that it can be tested without a page. */

export type MemoryPoint = readonly [seconds: number, bytes: number];

export interface MemoryDrawing {
  /** The line's points in a box of the given size, as SVG wants them. */
  readonly line: string;
  /** The line closed to the box's lower edge. */
  readonly area: string;
  /** Where the limit lies, from the top; null where there is none. */
  readonly limitY: number | null;
}

/** The curve from zero up to its peak or its limit, whichever is higher. */
export function drawMemory(
  points: readonly MemoryPoint[],
  limit: number | null,
  width: number,
  height: number,
): MemoryDrawing {
  const first = points[0]?.[0] ?? 0;
  const last = points.at(-1)?.[0] ?? 1;
  const peak = points.reduce((most, [, bytes]) => Math.max(most, bytes), 0);
  const top = Math.max(peak, limit ?? 0, 1) * 1.06;
  const x = (seconds: number) => (last === first ? width : ((seconds - first) / (last - first)) * width);
  const y = (bytes: number) => height - (bytes / top) * height;
  const line = points.map(([seconds, bytes]) => `${x(seconds).toFixed(1)},${y(bytes).toFixed(1)}`).join(' ');
  return {
    line,
    area: points.length === 0 ? '' : `0,${height} ${line} ${width},${height}`,
    limitY: limit === null ? null : y(limit),
  };
}
