import { CircleAlert, Lightbulb } from 'lucide-react';
import type { ReactNode } from 'react';

import type { RunError } from '@/lib/run/types';

import styles from './ErrorCard.module.css';

interface ErrorCardProps {
  error: RunError;
  actions?: ReactNode;
}

/** What went wrong, in words: the reference's name and code, the message, and what to do next. */
export function ErrorCard({ error, actions }: ErrorCardProps) {
  const [first = '', ...rest] = error.message.split('\n');
  return (
    <section className={styles.card} aria-label="Error">
      <header className={styles.head}>
        <CircleAlert aria-hidden />
        <h3 className={styles.name}>{error.name}</h3>
        <span className={styles.code}>{error.code}</span>
      </header>
      <p className={styles.message}>{first}</p>
      {rest.length > 0 && (
        <pre className={styles.more} tabIndex={0}>
          {rest.join('\n')}
        </pre>
      )}
      {error.hint !== undefined && (
        <p className={styles.hint}>
          <Lightbulb aria-hidden />
          <span>{error.hint}</span>
        </p>
      )}
      {actions}
    </section>
  );
}
