import { cx } from '@/components/ui/cx';
import { count } from '@/lib/run/format';

import styles from './CategoryBars.module.css';

interface CategoryBarsProps {
  categories: readonly { name: string; count: number }[];
  total: number;
  /** The category that is filtered for; null for all. */
  chosen: string | null;
  onChoose: (category: string | null) => void;
}

/** How many images each category has, as bars; choosing one filters for it, choosing it again shows all. */
export function CategoryBars({ categories, total, chosen, onChoose }: CategoryBarsProps) {
  const most = Math.max(1, ...categories.map((category) => category.count));
  return (
    <ul className={styles.bars} aria-label="Images by category">
      <li>
        <button
          type="button"
          className={cx(styles.bar, chosen === null && styles.chosen)}
          aria-pressed={chosen === null}
          onClick={() => {
            onChoose(null);
          }}
        >
          <span className={styles.name}>All</span>
          <span className={styles.count}>{count(total)}</span>
        </button>
      </li>
      {categories.map((category) => (
        <li key={category.name}>
          <button
            type="button"
            className={cx(styles.bar, chosen === category.name && styles.chosen)}
            aria-pressed={chosen === category.name}
            onClick={() => {
              onChoose(chosen === category.name ? null : category.name);
            }}
          >
            <span className={styles.name}>{category.name}</span>
            <span className={styles.count}>{count(category.count)}</span>
            <span className={styles.track} aria-hidden>
              <span className={styles.fill} style={{ width: `${(category.count / most) * 100}%` }} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
