import { cx } from '@/components/ui/cx';
import { percent } from '@/lib/run/format';
import type { ScoredRow } from '@/services/types.generated';

import styles from './Probabilities.module.css';

/** What the model took the image for, the likeliest first, as small bars with numbers. */
export function Probabilities({ row, most }: { row: ScoredRow; most: number }) {
  const ranked = Object.entries(row.scores ?? { [row.predicted]: row.confidence })
    .sort(([, a], [, b]) => b - a)
    .slice(0, most);
  return (
    <span className={styles.inline}>
      {ranked.map(([label, score]) => (
        <span key={label} className={cx(styles.piece, label === row.category && styles.true)}>
          {label} <b>{percent(score, 0)}</b>
        </span>
      ))}
    </span>
  );
}

/** Everything about one scored image: expected, predicted, and the probability of each class. */
export function ScoreDetails({ row, labels }: { row: ScoredRow; labels: readonly string[] }) {
  const wrong = row.category !== null && row.category !== row.predicted;
  const ranked = labels
    .map((label) => ({ label, score: row.scores?.[label] ?? null }))
    .filter((entry): entry is { label: string; score: number } => entry.score !== null)
    .sort((a, b) => b.score - a.score);
  return (
    <div className={styles.details}>
      <p>
        Predicted <strong className={wrong ? styles.wrong : undefined}>{row.predicted}</strong> with{' '}
        {percent(row.confidence)}
        {row.category !== null && (
          <>
            {wrong ? '; it is ' : ', rightly'}
            {wrong && <strong>{row.category}</strong>}
          </>
        )}
      </p>
      <ul className={styles.bars} aria-label="Probability of each class">
        {ranked.map(({ label, score }) => (
          <li key={label} className={cx(styles.line, label === row.category && styles.true)}>
            <span className={styles.label}>{label}</span>
            <span className={styles.track} aria-hidden>
              <span
                className={cx(styles.fill, label === row.predicted && wrong && styles.bad)}
                style={{ width: `${score * 100}%` }}
              />
            </span>
            <span className={styles.number}>{percent(score)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
