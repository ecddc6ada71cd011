import type { ReactNode } from 'react';
import styles from './Field.module.css';

interface FieldProps {
  id: string;
  label: ReactNode;
  /** Below the control in quiet type, such as a range. */
  hint?: ReactNode;
  error?: ReactNode;
  /** Beside the label, such as a reset button. */
  actions?: ReactNode;
  /** At the far end of the label's line, such as the range. */
  facts?: ReactNode;
  /** `row` sets the control beside the label, for switches. */
  layout?: 'column' | 'row';
  children: ReactNode;
}

/** A label, a control, and what is to be said about it. Give the control `id` and `describedBy(id)`. */
export function Field({ id, label, hint, error, actions, facts, layout = 'column', children }: FieldProps) {
  const hasError = error !== undefined && error !== null && error !== false;
  const hasHint = hint !== undefined && hint !== null && hint !== '';
  return (
    <div className={styles.field} data-invalid={hasError || undefined}>
      <div className={layout === 'row' ? styles.row : styles.column}>
        <div className={styles.head}>
          <label htmlFor={id} className={styles.label}>
            {label}
          </label>
          {actions}
          {facts !== undefined && facts !== '' && (
            <span id={`${id}-facts`} className={styles.facts}>
              {facts}
            </span>
          )}
        </div>
        {children}
      </div>
      {(hasHint || hasError) && (
        <div id={`${id}-about`} className={styles.about}>
          {hasError && <p className={styles.error}>{error}</p>}
          {hasHint && <p>{hint}</p>}
        </div>
      )}
    </div>
  );
}

/** The ids of a field's facts, hint and error, for the control's aria-describedby. */
export function describedBy(id: string): string {
  return `${id}-facts ${id}-about`;
}
