import type { Box } from './annotations';
import type { Point } from './types';

/** Between a box and what it is wired to. */
const GAP = 40;
const GRID = 4;

/**
 * What has to move, and where to, so that a box that was put into a wire covers neither end of it. It goes below what
 * feeds it; everything at the height of what it feeds, and below, makes way. Wires that do not lead down stay as they are.
 */
export function makeRoom(
  boxes: ReadonlyMap<string, Box>,
  inserted: string,
  { from, to }: { readonly from: string; readonly to: string },
): Map<string, Point> {
  const [box, source, target] = [boxes.get(inserted), boxes.get(from), boxes.get(to)];
  const moves = new Map<string, Point>();
  if (!box || !source || !target || bottom(source) > target.position[1]) return moves;
  const [x, y] = box.position;
  const top = across(box, source) ? Math.max(y, snapped(bottom(source) + GAP)) : y;
  if (top !== y) moves.set(inserted, [x, top]);
  const by = across(box, target) ? snapped(top + box.size[1] + GAP - target.position[1]) : 0;
  if (by <= 0) return moves;
  for (const [id, { position }] of boxes) {
    if (id !== inserted && position[1] >= target.position[1]) moves.set(id, [position[0], position[1] + by]);
  }
  return moves;
}

function bottom({ position, size }: Box): number {
  return position[1] + size[1];
}

/** Whether one would be above or below the other. */
function across(one: Box, other: Box): boolean {
  return (
    one.position[0] < other.position[0] + other.size[0] && other.position[0] < one.position[0] + one.size[0]
  );
}

function snapped(length: number): number {
  return Math.ceil(length / GRID) * GRID;
}
