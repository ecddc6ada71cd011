import type { Point } from '@/lib/document/types';

/** Handles are 22 px squares around an 11 px circle; wires end at the circle's rim. */
const RIM = 5.5;
/** How far from its ends a wire can be gripped. */
const GRIP = 24;

export interface WirePath {
  readonly d: string;
  /** Where the grips lie: near the output, and near the input. */
  readonly near: Point;
  readonly far: Point;
}

type Curve = readonly [from: Point, leave: Point, arrive: Point, to: Point];

/** The wire between an output and an input, given the outer edges of their handles. */
export function wirePath([fromX, fromY]: Point, [toX, toY]: Point): WirePath {
  const curve = curveBetween([fromX, fromY - RIM], [toX, toY + RIM]);
  const length = Math.hypot(toX - fromX, toY - fromY);
  const share = Math.min(0.32, GRIP / Math.max(1, length));
  return { d: pathOf(curve), near: pointOn(curve, share), far: pointOn(curve, 1 - share) };
}

/** The path of a wire that leaves `from` downwards and arrives at `to` from above. */
export function pathBetween(from: Point, to: Point): string {
  return pathOf(curveBetween(from, to));
}

function curveBetween(from: Point, to: Point): Curve {
  const down = to[1] - from[1];
  const aside = Math.abs(to[0] - from[0]);
  const bend =
    down >= 0 ? clamp(down * 0.5, Math.min(28, aside), 180) : clamp(-down * 0.3 + aside * 0.15, 48, 220);
  return [from, [from[0], from[1] + bend], [to[0], to[1] - bend], to];
}

function pathOf([from, leave, arrive, to]: Curve): string {
  const at = ([x, y]: Point) => `${round(x)} ${round(y)}`;
  return `M ${at(from)} C ${at(leave)}, ${at(arrive)}, ${at(to)}`;
}

function pointOn([a, b, c, d]: Curve, t: number): Point {
  const u = 1 - t;
  const weigh = (axis: 0 | 1) =>
    u ** 3 * a[axis] + 3 * u * u * t * b[axis] + 3 * u * t * t * c[axis] + t ** 3 * d[axis];
  return [weigh(0), weigh(1)];
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
