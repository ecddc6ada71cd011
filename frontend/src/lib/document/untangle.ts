/** Dagre knows no ports. Swap neighbours of one row where their wires then cross less, or run straighter. */

import { groupBy } from '../groupBy';

interface Placed {
  readonly id: string;
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

const ROUNDS = 8;
/** Beyond this, a drawing is too large for the difference to be seen. */
const MAX_NODES = 400;
/** One crossing is worth this many pixels of detour. */
const CROSSING = 400;

/** The horizontal middle of every node. Only nodes of one row and one width change places. */
export function untangle(placed: readonly Placed[], segments: readonly Segment[]): Map<string, number> {
  const columns = new Map(placed.map(({ id, x }) => [id, x]));
  if (placed.length > MAX_NODES) return columns;
  const wires = new Map(
    placed.map(({ id }) => [id, segments.filter(({ from, to }) => from === id || to === id)]),
  );
  const rows = [...groupBy(placed, ({ y }) => Math.round(y)).values()];
  for (let round = 0; round < ROUNDS; round += 1) {
    let swapped = false;
    for (const row of rows) {
      const inOrder = row.toSorted((a, b) => at(columns, a.id) - at(columns, b.id));
      for (let index = 1; index < inOrder.length; index += 1) {
        const [left, right] = [inOrder[index - 1], inOrder[index]];
        if (!left || !right || left.width !== right.width) continue;
        const touched = [...new Set([...(wires.get(left.id) ?? []), ...(wires.get(right.id) ?? [])])];
        const before = cost(columns, touched);
        swap(columns, left.id, right.id);
        if (cost(columns, touched) < before - 1) {
          inOrder[index - 1] = right;
          inOrder[index] = left;
          swapped = true;
        } else swap(columns, left.id, right.id);
      }
    }
    if (!swapped) break;
  }
  return columns;
}

function cost(columns: ReadonlyMap<string, number>, segments: readonly Segment[]): number {
  let sum = 0;
  segments.forEach((one, index) => {
    const [start, end] = ends(columns, one);
    sum += Math.abs(start - end);
    for (const other of segments.slice(index + 1)) {
      const [otherStart, otherEnd] = ends(columns, other);
      if (sideBySide(one, other) && (start - otherStart) * (end - otherEnd) < 0) sum += CROSSING;
    }
  });
  return sum;
}

/** Whether two wires run side by side rather than one after the other. */
function sideBySide(one: Segment, other: Segment): boolean {
  return one.to !== other.from && one.from !== other.to;
}

function ends(
  columns: ReadonlyMap<string, number>,
  { from, to, fromShift, toShift }: Segment,
): [number, number] {
  return [at(columns, from) + fromShift, at(columns, to) + toShift];
}

function at(columns: ReadonlyMap<string, number>, id: string): number {
  return columns.get(id) ?? 0;
}

function swap(columns: Map<string, number>, a: string, b: string): void {
  const [first, second] = [at(columns, a), at(columns, b)];
  columns.set(a, second);
  columns.set(b, first);
}
