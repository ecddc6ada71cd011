import { useState } from 'react';

import { cx } from '@/components/ui/cx';
import { count, percent } from '@/lib/run/format';
import type { ClassFigures, EvaluatedModel } from '@/services/types.generated';

import shared from '../View.module.css';
import styles from './PerClassTable.module.css';

type Column = 'label' | 'precision' | 'recall' | 'f1' | 'auc' | 'support';

const COLUMNS: readonly { id: Column; title: string; help: string }[] = [
  { id: 'label', title: 'Class', help: 'Sort by name' },
  { id: 'precision', title: 'Precision', help: 'Of those taken for this class, how many are of it' },
  { id: 'recall', title: 'Recall', help: 'Of those of this class, how many were recognised' },
  { id: 'f1', title: 'F1', help: 'The harmonic mean of precision and recall' },
  { id: 'auc', title: 'AUC', help: 'The area under the ROC curve' },
  { id: 'support', title: 'Images', help: 'How many images of this class were scored' },
];

/** Precision, recall and the rest for each class, sorted by the column that one chooses. */
export function PerClassTable({ model }: { model: EvaluatedModel }) {
  const [by, setBy] = useState<Column>('label');
  const [down, setDown] = useState(false);
  const rows = [...model.per_class].sort((a, b) => compare(a, b, by) * (down ? -1 : 1));
  return (
    <div className={shared.scroll}>
      <table className={shared.table}>
        <thead>
          <tr>
            {COLUMNS.map(({ id, title, help }) => (
              <th
                key={id}
                scope="col"
                aria-sort={by === id ? (down ? 'descending' : 'ascending') : undefined}
              >
                <button
                  type="button"
                  className={cx(styles.sort, by === id && styles.chosen)}
                  title={help}
                  onClick={() => {
                    setDown(by === id ? !down : false);
                    setBy(id);
                  }}
                >
                  {title}
                  {by === id && (down ? ' ↓' : ' ↑')}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.label}>
              <th scope="row">{row.label}</th>
              <Part value={row.precision} />
              <Part value={row.recall} />
              <Part value={row.f1} />
              <td>{row.auc === null ? '–' : row.auc.toFixed(3)}</td>
              <td>{count(row.support)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Part({ value }: { value: number | null }) {
  return (
    <td className={styles.part}>
      <span className={styles.track} aria-hidden>
        <span className={styles.fill} style={{ width: `${(value ?? 0) * 100}%` }} />
      </span>
      <span className={styles.number}>{value === null ? '–' : percent(value)}</span>
    </td>
  );
}

function compare(a: ClassFigures, b: ClassFigures, by: Column): number {
  if (by === 'label') return a.label.localeCompare(b.label);
  return (a[by] ?? -1) - (b[by] ?? -1);
}
