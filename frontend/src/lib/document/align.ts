/** Lining nodes up: commands for a selection, and guides while something is dragged. */

import type { Box } from './annotations';
import type { Point } from './types';

export type Side = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom';

type Boxes = ReadonlyMap<string, Box>;

/** New corners that bring one side, or the middles, of all boxes into line. */
export function aligned(boxes: Boxes, side: Side): Map<string, Point> {
  const axis = side === 'left' || side === 'centre' || side === 'right' ? 0 : 1;
  const share = side === 'left' || side === 'top' ? 0 : side === 'right' || side === 'bottom' ? 1 : 0.5;
  const all = [...boxes.values()];
  const low = Math.min(...all.map(({ position }) => position[axis]));
  const high = Math.max(...all.map(({ position, size }) => position[axis] + size[axis]));
  const line = low + (high - low) * share;
  return corners(boxes, axis, ({ size }) => line - size[axis] * share);
}

/** New corners with equal gaps between the boxes; the first and the last stay where they are. */
export function distributed(boxes: Boxes, axis: 0 | 1): Map<string, Point> {
  const sorted = [...boxes].sort(([, a], [, b]) => a.position[axis] - b.position[axis]);
  const [first, last] = [sorted[0]?.[1], sorted.at(-1)?.[1]];
  if (!first || !last || sorted.length < 3) return new Map();
  const room = last.position[axis] - (first.position[axis] + first.size[axis]);
  const filled = sorted.slice(1, -1).reduce((sum, [, { size }]) => sum + size[axis], 0);
  const gap = (room - filled) / (sorted.length - 1);
  let at = first.position[axis];
  const places = new Map<Box, number>();
  for (const [, box] of sorted) {
    places.set(box, at);
    at += box.size[axis] + gap;
  }
  places.set(last, last.position[axis]);
  return corners(boxes, axis, (box) => places.get(box) ?? box.position[axis]);
}

function corners(boxes: Boxes, axis: 0 | 1, place: (box: Box) => number): Map<string, Point> {
  return new Map(
    [...boxes].map(([id, box]): [string, Point] => [
      id,
      axis === 0 ? [place(box), box.position[1]] : [box.position[0], place(box)],
    ]),
  );
}

/** A line that shows what a dragged box lies in line with: at `at` on `axis`, drawn from `start` to `end`. */
export interface Guide {
  readonly axis: 0 | 1;
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

export interface Snap {
  /** How far the box has to go to lie exactly in line. */
  readonly by: Point;
  readonly guides: readonly Guide[];
}

/** What of `others` a dragged box nearly lies in line with, on each axis the nearest. */
export function snapTo(box: Box, others: Iterable<Box>, reach: number): Snap {
  const best: (Found | undefined)[] = [undefined, undefined];
  for (const other of others) {
    for (const axis of [0, 1] as const) {
      const found = nearest(box, other, axis);
      const before = best[axis];
      if (Math.abs(found.by) > reach) continue;
      if (!before || Math.abs(found.by) < Math.abs(before.by) - 0.01) best[axis] = found;
    }
  }
  const [x, y] = best;
  const by: Point = [x?.by ?? 0, y?.by ?? 0];
  const landed: Box = { position: [box.position[0] + by[0], box.position[1] + by[1]], size: box.size };
  const guides = best.flatMap((found, axis) => (found ? [guideFor(landed, found, axis === 0 ? 0 : 1)] : []));
  return { by, guides };
}

interface Found {
  readonly by: number;
  readonly at: number;
  readonly other: Box;
}

function nearest(box: Box, other: Box, axis: 0 | 1): Found {
  const size = box.size[axis];
  const otherSize = other.size[axis];
  const begin = other.position[axis];
  // Middles first: boxes of one size then show the line through their middles, as their ports do.
  const lines: [line: number, shift: number][] = [
    [begin + otherSize / 2, size / 2],
    [begin, 0],
    [begin + otherSize, size],
  ];
  let best: Found | undefined;
  for (const [at, shift] of lines) {
    const by = at - (box.position[axis] + shift);
    if (!best || Math.abs(by) < Math.abs(best.by) - 0.01) best = { by, at, other };
  }
  return best ?? { by: Infinity, at: begin, other };
}

function guideFor(box: Box, { at, other }: Found, axis: 0 | 1): Guide {
  const cross = axis === 0 ? 1 : 0;
  const start = Math.min(box.position[cross], other.position[cross]);
  const end = Math.max(box.position[cross] + box.size[cross], other.position[cross] + other.size[cross]);
  return { axis, at, start, end };
}
