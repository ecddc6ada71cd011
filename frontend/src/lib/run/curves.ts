import type { NodeMetric } from './types';

/** One line of a chart. `y` has the length of the axis; null where the step brought no value. */
export interface Series {
  name: string;
  y: readonly (number | null)[];
}

export interface Curves {
  axis: string;
  x: readonly number[];
  series: readonly Series[];
}

/** Metrics of one axis as columns, in the order of their steps. */
export function curvesOf(metrics: readonly NodeMetric[], axis: string): Curves {
  const rows = metrics.filter((metric) => metric.axis === axis);
  const names = new Set(rows.flatMap((row) => Object.keys(row.values)));
  return {
    axis,
    x: rows.map((row) => row.step),
    series: [...names].map((name) => ({ name, y: rows.map((row) => row.values[name] ?? null) })),
  };
}

export function seriesNamed(curves: Curves, name: string): Series | undefined {
  return curves.series.find((series) => series.name === name);
}

/** The axis that people look at first: epochs where there are some. */
export function mainAxis(metrics: readonly NodeMetric[]): string | null {
  if (metrics.some((metric) => metric.axis === 'epoch')) return 'epoch';
  return metrics[0]?.axis ?? null;
}

/** What makes an epoch the best one, first that was measured: the rule of the training module. */
const JUDGES = [
  { name: 'val_loss', lower: true },
  { name: 'val_accuracy', lower: false },
  { name: 'train_loss', lower: true },
] as const;

/** Place (index) of the best step in the curves, or null while nothing was measured. */
export function bestIndex(curves: Curves): number | null {
  for (const { name, lower } of JUDGES) {
    const y = seriesNamed(curves, name)?.y;
    if (y === undefined) continue;
    let best: number | null = null;
    let least = Infinity;
    y.forEach((value, index) => {
      if (value === null || Number.isNaN(value)) return;
      const cost = lower ? value : -value;
      if (cost < least) {
        least = cost;
        best = index;
      }
    });
    if (best !== null) return best;
  }
  return null;
}

/**
 * At most about `most` places of a long line: the lowest and highest of each stretch, both ends, and always those in
 * `keep` (the best epoch), so that thinning never hides what matters.
 */
export function thinned(
  y: readonly (number | null)[],
  most: number,
  keep: readonly number[] = [],
): readonly number[] {
  if (y.length <= most) return y.map((_, index) => index);
  const kept = new Set<number>([0, y.length - 1, ...keep]);
  const stretch = y.length / Math.max(1, Math.floor(most / 2));
  for (let from = 0; from < y.length; from += stretch) {
    let low = -1;
    let high = -1;
    for (let at = Math.floor(from); at < Math.min(y.length, Math.floor(from + stretch)); at += 1) {
      const value = y[at] ?? null;
      if (value === null) continue;
      if (low < 0 || value < (y[low] ?? Infinity)) low = at;
      if (high < 0 || value > (y[high] ?? -Infinity)) high = at;
    }
    if (low >= 0) kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b);
}
