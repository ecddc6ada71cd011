import { useState } from 'react';

import { cx } from '@/components/ui/cx';
import type { EvaluatedModel } from '@/services/types.generated';

import styles from './RocChart.module.css';

const SIDE = 300;

/** More lines than this hide each other: then the lowest are drawn, and the one that is pointed at. */
const MANY = 12;
const LOWEST = 5;

/** One line for each class; pointing at a name brings out its line. */
export function RocChart({ model }: { model: EvaluatedModel }) {
  const [lit, setLit] = useState<string | null>(null);
  const areas = new Map(model.per_class.map(({ label, auc }) => [label, auc]));
  const known = model.labels.filter((label) => model.roc[label] !== undefined);
  const many = known.length > MANY;
  const labels = many
    ? [...known].sort((one, other) => (areas.get(one) ?? 2) - (areas.get(other) ?? 2))
    : known;
  const drawn = many ? labels.filter((label, place) => place < LOWEST || label === lit) : labels;
  const hue = (label: string) =>
    `oklch(var(--port-l) var(--port-c) ${(drawn.indexOf(label) * 360) / Math.max(1, drawn.length)})`;
  return (
    <div className={styles.roc}>
      <figure className={styles.figure}>
        <svg
          viewBox={`-34 -8 ${SIDE + 46} ${SIDE + 44}`}
          role="img"
          aria-label={`ROC curves of ${many ? `the ${LOWEST} lowest of ` : ''}${labels.length} classes`}
          className={styles.plot}
        >
          {[0, 0.25, 0.5, 0.75, 1].map((value) => (
            <g key={value}>
              <line className={styles.grid} x1={0} x2={SIDE} y1={value * SIDE} y2={value * SIDE} />
              <line className={styles.grid} x1={value * SIDE} x2={value * SIDE} y1={0} y2={SIDE} />
              <text className={styles.tick} x={-6} y={(1 - value) * SIDE + 3} textAnchor="end">
                {value}
              </text>
              <text className={styles.tick} x={value * SIDE} y={SIDE + 14} textAnchor="middle">
                {value}
              </text>
            </g>
          ))}
          <line className={styles.chance} x1={0} y1={SIDE} x2={SIDE} y2={0} />
          {drawn.map((label) => (
            <polyline
              key={label}
              className={cx(styles.line, lit !== null && lit !== label && styles.dim)}
              style={{ stroke: hue(label) }}
              points={pointsOf(model.roc[label] ?? { fpr: [], tpr: [] })}
            />
          ))}
          <text className={styles.axis} x={SIDE / 2} y={SIDE + 30} textAnchor="middle">
            False positive rate
          </text>
          <text className={styles.axis} x={-SIDE / 2} y={-26} textAnchor="middle" transform="rotate(-90)">
            True positive rate
          </text>
        </svg>
        {many && (
          <figcaption className={styles.note}>
            The {LOWEST} lowest of {labels.length}. Point at a name to see its curve.
          </figcaption>
        )}
      </figure>
      <ul className={styles.legend} aria-label="Area under the curve by class">
        {labels.map((label) => {
          const auc = areas.get(label) ?? null;
          return (
            <li
              key={label}
              className={cx(styles.entry, lit === label && styles.lit)}
              onPointerEnter={() => {
                setLit(label);
              }}
              onPointerLeave={() => {
                setLit(null);
              }}
            >
              <i
                className={styles.swatch}
                style={{ background: drawn.includes(label) ? hue(label) : 'transparent' }}
                aria-hidden
              />
              <span className={styles.label}>{label}</span>
              <span className={styles.auc}>{auc === null ? '–' : auc.toFixed(3)}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function pointsOf({ fpr, tpr }: { fpr: readonly number[]; tpr: readonly number[] }): string {
  return fpr
    .map((x, index) => `${(x * SIDE).toFixed(1)},${((1 - (tpr[index] ?? 0)) * SIDE).toFixed(1)}`)
    .join(' ');
}
