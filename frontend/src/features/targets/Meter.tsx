import { amount, type Share } from '@/lib/targets/resources';

import styles from './Meter.module.css';

interface MeterProps {
  /** `Cores`, shown before the figures. */
  label: string;
  /** Whose they are, for those who hear it: `node-2`. */
  of: string;
  share: Share;
  /** How a figure is written, with its unit or without; as a plain number unless told. */
  write?: (value: number, total: number, unit: boolean) => string;
  /** What is taken isn't known now: only what there is (or was) is told. */
  stale?: boolean;
}

/** How much of something is taken and how much is free, as a bar and in figures that keep their place. */
export function Meter({ label, of, share: { total, taken }, write = amount, stale = false }: MeterProps) {
  const part = total === 0 || stale ? 0 : taken / total;
  const whole = write(total, total, true);
  const free = `${write(total - taken, total, false)} free`;
  return (
    <div className={styles.meter} data-full={part >= 0.9 || undefined} data-stale={stale || undefined}>
      <span className={styles.label} aria-hidden>
        {label}
      </span>
      <span className={styles.figures} aria-hidden>
        {stale ? (
          whole
        ) : (
          <>
            {free} <span className={styles.of}>of {whole}</span>
          </>
        )}
      </span>
      <div
        className={styles.track}
        role="meter"
        aria-label={`${label} of ${of}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part * 100)}
        aria-valuetext={stale ? `${whole}, not known how much is free` : `${free} of ${whole}`}
      >
        <div className={styles.bar} style={{ transform: `scaleX(${part})` }} />
      </div>
    </div>
  );
}
