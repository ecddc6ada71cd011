import { memo } from 'react';

import { bestIndex, curvesOf, seriesNamed, thinned } from '@/lib/run/curves';
import type { Curves } from '@/lib/run/curves';
import { figure, percent } from '@/lib/run/format';
import type { NodeMetric } from '@/lib/run/types';

import styles from './MiniCurves.module.css';

const WIDTH = 104;
const HEIGHT = 40;
const MOST_POINTS = 120;

interface Panel {
  title: string;
  train: string;
  val: string;
  words: (value: number) => string;
}

const PANELS: readonly Panel[] = [
  { title: 'Loss', train: 'train_loss', val: 'val_loss', words: figure },
  {
    title: 'Accuracy',
    train: 'train_accuracy',
    val: 'val_accuracy',
    words: (value) => percent(value),
  },
];

/** Loss and accuracy while a model learns, small enough for the face of a node; the best epoch is marked. */
export const MiniCurves = memo(function MiniCurves({ metrics }: { metrics: readonly NodeMetric[] }) {
  const curves = curvesOf(metrics, 'epoch');
  const best = bestIndex(curves);
  return (
    <div className={styles.panels}>
      {PANELS.map((panel) => (
        <MiniPanel key={panel.title} panel={panel} curves={curves} best={best} />
      ))}
    </div>
  );
});

function MiniPanel({ panel, curves, best }: { panel: Panel; curves: Curves; best: number | null }) {
  const train = seriesNamed(curves, panel.train)?.y ?? [];
  const val = seriesNamed(curves, panel.val)?.y ?? [];
  const latest = val.findLast((value) => value !== null) ?? train.findLast((value) => value !== null) ?? null;
  const atBest = best === null ? null : (val[best] ?? train[best] ?? null);
  const shown = atBest ?? latest;
  const scale = scaleOf(curves.x, [train, val]);
  const bestX = best === null ? undefined : curves.x[best];
  const label =
    shown === null
      ? `${panel.title}: nothing measured yet`
      : `${panel.title} ${panel.words(shown)}${bestX === undefined ? '' : ` at the best epoch, ${bestX}`}`;
  return (
    <div className={styles.panel} role="img" aria-label={label}>
      <div className={styles.caption}>
        <span>{panel.title}</span>
        <span className={styles.value}>{shown === null ? '–' : panel.words(shown)}</span>
      </div>
      <svg className={styles.plot} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
        <line className={styles.base} x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        {bestX !== undefined && (
          <line className={styles.best} x1={scale.x(bestX)} x2={scale.x(bestX)} y1={0} y2={HEIGHT} />
        )}
        <polyline className={styles.train} points={pointsOf(curves.x, train, best, scale)} />
        <polyline className={styles.val} points={pointsOf(curves.x, val, best, scale)} />
      </svg>
      {bestX !== undefined && atBest !== null && (
        <span
          className={styles.dot}
          style={{
            left: `${(scale.x(bestX) / WIDTH) * 100}%`,
            bottom: `${(1 - scale.y(atBest) / HEIGHT) * HEIGHT}px`,
          }}
        />
      )}
    </div>
  );
}

interface Scale {
  x: (step: number) => number;
  y: (value: number) => number;
}

function scaleOf(steps: readonly number[], lines: readonly (readonly (number | null)[])[]): Scale {
  const values = lines.flat().filter((value): value is number => value !== null);
  const [left, right] = [steps[0] ?? 0, steps.at(-1) ?? 1];
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const inset = 3;
  return {
    x: (step) =>
      right === left ? WIDTH / 2 : inset + ((step - left) / (right - left)) * (WIDTH - 2 * inset),
    y: (value) =>
      high === low ? HEIGHT / 2 : inset + ((high - value) / (high - low)) * (HEIGHT - 2 * inset),
  };
}

function pointsOf(
  steps: readonly number[],
  y: readonly (number | null)[],
  best: number | null,
  scale: Scale,
): string {
  return thinned(y, MOST_POINTS, best === null ? [] : [best])
    .map((at) => {
      const [step, value] = [steps[at], y[at]];
      if (step === undefined || value === undefined || value === null) return '';
      return `${scale.x(step).toFixed(1)},${scale.y(value).toFixed(1)}`;
    })
    .filter(Boolean)
    .join(' ');
}
