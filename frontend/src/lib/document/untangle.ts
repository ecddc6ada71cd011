/**
 * Dagre knows no ports, and its wires bend around nodes where ours are single curves. So nodes of one row change
 * places, or slide aside, where that lets wires cross less, pass under fewer nodes, or run straighter.
 */

import { groupBy } from '../groupBy';

export interface Placed {
  readonly id: string;
  /** The middle of the node. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Segment {
  readonly from: string;
  readonly to: string;
  /** Where the wire leaves and arrives, measured from the middle of its nodes. */
  readonly fromShift: number;
  readonly toShift: number;
}

type Columns = Map<string, number>;

interface Line {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

const ROUNDS = 6;
/** Weighing every pair of wires takes the square of their number; a drawing this large is left as it is. */
const MAX_NODES = 120;
/** What one crossing, and one wire under a node, is worth in pixels of detour. */
const CROSSING = 400;
const COVERED = 600;
/** How far a node may slide, nearest first, and what it leaves free beside it. */
const STEPS = [16, 32, 48, 64, 96, 128, 160, 192, 240].flatMap((step) => [step, -step]);
const GAP = 28;

/** The horizontal middle of every node. The rows, and the order of their places, stay as they were. */
export function untangle(placed: readonly Placed[], segments: readonly Segment[]): Columns {
  const columns: Columns = new Map(placed.map(({ id, x }) => [id, x]));
  if (placed.length > MAX_NODES) return columns;
  const rows = [...groupBy(placed, ({ y }) => Math.round(y)).values()];
  const weigh = (drawn: Columns) => cost(placed, segments, drawn);
  return [columns, mirrored(columns)]
    .map((start) => slide(improve(start, rows, weigh), rows, weigh))
    .reduce((best, other) => (weigh(other) < weigh(best) - 1 ? other : best));
}

function improve(
  columns: Columns,
  rows: readonly (readonly Placed[])[],
  weigh: (columns: Columns) => number,
): Columns {
  let best = weigh(columns);
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = best;
    for (const row of rows) {
      for (const [index, one] of row.entries()) {
        for (const other of row.slice(index + 1)) {
          if (one.width !== other.width) continue;
          swap(columns, one.id, other.id);
          const now = weigh(columns);
          if (now < best - 1) best = now;
          else swap(columns, one.id, other.id);
        }
      }
    }
    if (best === before) break;
  }
  return columns;
}

/** Move single nodes within the gaps of their row. */
function slide(
  columns: Columns,
  rows: readonly (readonly Placed[])[],
  weigh: (columns: Columns) => number,
): Columns {
  let best = weigh(columns);
  for (const row of rows) {
    for (const node of row) {
      const home = columns.get(node.id) ?? 0;
      let settled = home;
      for (const step of STEPS) {
        const x = home + step;
        const isFree = row.every(
          (other) =>
            other === node ||
            Math.abs((columns.get(other.id) ?? 0) - x) >= (node.width + other.width) / 2 + GAP,
        );
        if (!isFree) continue;
        columns.set(node.id, x);
        const now = weigh(columns);
        if (now >= best - Math.abs(step) / 4) continue;
        best = now;
        settled = x;
      }
      columns.set(node.id, settled);
    }
  }
  return columns;
}

function cost(placed: readonly Placed[], segments: readonly Segment[], columns: Columns): number {
  const rowOf = new Map(placed.map(({ id, y }) => [id, y]));
  const lines = segments.map(({ from, to, fromShift, toShift }) => ({
    x1: (columns.get(from) ?? 0) + fromShift,
    y1: rowOf.get(from) ?? 0,
    x2: (columns.get(to) ?? 0) + toShift,
    y2: rowOf.get(to) ?? 0,
  }));
  let sum = 0;
  lines.forEach((line, index) => {
    sum += Math.abs(line.x1 - line.x2);
    for (const other of lines.slice(index + 1)) if (cross(line, other)) sum += CROSSING;
    for (const node of placed) {
      if (node.y <= line.y1 || node.y >= line.y2) continue;
      if (Math.abs(xAt(line, node.y) - (columns.get(node.id) ?? 0)) < node.width / 2 + 12) sum += COVERED;
    }
  });
  return sum;
}

function cross(a: Line, b: Line): boolean {
  const top = Math.max(a.y1, b.y1);
  const bottom = Math.min(a.y2, b.y2);
  return top < bottom && (xAt(a, top) - xAt(b, top)) * (xAt(a, bottom) - xAt(b, bottom)) < 0;
}

function xAt({ x1, y1, x2, y2 }: Line, y: number): number {
  return y2 === y1 ? x1 : x1 + ((x2 - x1) * (y - y1)) / (y2 - y1);
}

function mirrored(columns: Columns): Columns {
  const all = [...columns.values()];
  const sum = Math.min(...all) + Math.max(...all);
  return new Map([...columns].map(([id, x]) => [id, sum - x]));
}

function swap(columns: Columns, a: string, b: string): void {
  const [first, second] = [columns.get(a) ?? 0, columns.get(b) ?? 0];
  columns.set(a, second);
  columns.set(b, first);
}
