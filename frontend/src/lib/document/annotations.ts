/** Notes and sections as plain boxes: what lies in them, and how they are made and change size. */

import type { Annotation, Point } from './types';

/** A box on the canvas. */
export interface Box {
  readonly position: Point;
  readonly size: Point;
}

/** Which edges a person has taken hold of: -1 left or top, 1 right or bottom, 0 neither. */
export type Grip = readonly [x: -1 | 0 | 1, y: -1 | 0 | 1];

export const NOTE_SIZE: Point = [220, 120];
export const SECTION_SIZE: Point = [440, 280];
export const SMALLEST: Point = [96, 48];
/** How far a section reaches beyond what it was drawn around; above, there is room for its title. */
const MARGIN = 28;
const TITLE_ROOM = 44;

/** The box that a section needs to hold `boxes`. */
export function boxAround(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map(({ position }) => position[0])) - MARGIN;
  const top = Math.min(...boxes.map(({ position }) => position[1])) - TITLE_ROOM;
  const right = Math.max(...boxes.map(({ position, size }) => position[0] + size[0])) + MARGIN;
  const bottom = Math.max(...boxes.map(({ position, size }) => position[1] + size[1])) + MARGIN;
  return { position: [left, top], size: [right - left, bottom - top] };
}

/** Whether the middle of `inner` lies in `outer`: then it belongs to it and moves along. */
export function holds(outer: Box, inner: Box): boolean {
  const x = inner.position[0] + inner.size[0] / 2;
  const y = inner.position[1] + inner.size[1] / 2;
  const [left, top] = outer.position;
  return x > left && x < left + outer.size[0] && y > top && y < top + outer.size[1];
}

/** Everything that moves along with the sections among `moved`: their nodes, notes and inner sections. */
export function carriedBy(
  moved: readonly string[],
  annotations: readonly Annotation[],
  boxes: ReadonlyMap<string, Box>,
): Set<string> {
  const sections = annotations.filter(({ id, kind }) => kind === 'section' && moved.includes(id));
  const carried = new Set<string>();
  for (const section of sections) {
    for (const [id, box] of boxes) {
      const inner = annotations.find((annotation) => annotation.id === id);
      const isOuter = inner?.kind === 'section' && areaOf(inner) >= areaOf(section);
      if (!moved.includes(id) && !isOuter && holds(section, box)) carried.add(id);
    }
  }
  return carried;
}

/** The box after its gripped edges have moved by `by`; it never turns inside out. */
export function resized(box: Box, [gripX, gripY]: Grip, by: Point): Box {
  const width = Math.max(SMALLEST[0], box.size[0] + gripX * by[0]);
  const height = Math.max(SMALLEST[1], box.size[1] + gripY * by[1]);
  return {
    position: [
      gripX === -1 ? box.position[0] + box.size[0] - width : box.position[0],
      gripY === -1 ? box.position[1] + box.size[1] - height : box.position[1],
    ],
    size: [width, height],
  };
}

function areaOf({ size }: Box): number {
  return size[0] * size[1];
}
