import styles from './ProgressBar.module.css';
import { cx } from './cx';

interface ProgressBarProps {
  label: string;
  /** Between 0 and 1; null where the total is unknown. */
  value: number | null;
  tone?: 'accent' | 'success' | 'danger' | 'neutral';
}

export function ProgressBar({ label, value, tone = 'accent' }: ProgressBarProps) {
  const percent = value === null ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      className={styles.track}
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <div
        className={cx(styles.bar, styles[tone], value === null && styles.unknown)}
        style={value === null ? undefined : { transform: `scaleX(${value})` }}
      />
    </div>
  );
}
