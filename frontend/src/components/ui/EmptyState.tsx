import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './Button';
import styles from './EmptyState.module.css';
import { cx } from './cx';

interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** What stands where a list or panel has nothing to show yet: why, and what to do. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className={styles.state}>
      {icon !== undefined && <div className={styles.icon}>{icon}</div>}
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.words}>{children}</div>}
      {action}
    </div>
  );
}

interface ErrorStateProps {
  title: string;
  /** The error itself; its message and hint are shown. */
  error?: unknown;
  onRetry?: () => void;
}

/** What stands where something could not be loaded. */
export function ErrorState({ title, error, onRetry }: ErrorStateProps) {
  const hint =
    error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : null;
  return (
    <div className={styles.state} role="alert">
      <div className={cx(styles.icon, styles.danger)}>
        <TriangleAlert />
      </div>
      <p className={styles.title}>{title}</p>
      {error instanceof Error && <div className={styles.words}>{error.message}</div>}
      {hint !== null && (
        <div className={styles.words}>
          <WithCode text={hint} />
        </div>
      )}
      {onRetry && (
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Text with commands between backticks, set so that they can be told apart and copied. */
function WithCode({ text }: { text: string }) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}
