import type { ReactNode } from 'react';

import styles from './Facts.module.css';

interface FactsProps {
  facts: readonly { label: string; value: ReactNode; title?: string }[];
  /** Figures to be seen first: larger, in a row of tiles. */
  large?: boolean;
}

/** Names and values, as tiles or as a plain list. */
export function Facts({ facts, large = false }: FactsProps) {
  return (
    <dl className={large ? styles.tiles : styles.list}>
      {facts.map(({ label, value, title }) => (
        <div key={label} className={styles.fact} title={title}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
