import { useState } from 'react';

import { Badge } from '@/components/ui/Badge';
import { cx } from '@/components/ui/cx';
import { Select } from '@/components/ui/Select';
import { Skeleton } from '@/components/ui/Skeleton';
import { count, counted, percent } from '@/lib/run/format';
import type { OutputRef } from '@/lib/run/nodeNames';
import { usePreview } from '@/services/queries/usePreview';
import type { ScoredPreview } from '@/services/types.generated';

import { Thumbnail } from '../images/Thumbnail';
import shared from '../View.module.css';
import { ScoreRows } from './ScoreRows';
import styles from './ScoreView.module.css';

interface ScoreViewProps {
  output: OutputRef;
  first: ScoredPreview;
  compact: boolean;
}

type Only = 'wrong' | 'right' | 'all';

const ORDERS = [
  { value: 'wrong', label: 'Mistakes first' },
  { value: '-confidence', label: 'Surest first' },
  { value: 'confidence', label: 'Least sure first' },
  { value: 'id', label: 'By name' },
];
const ANY = ' any';

/** Scored images: what was expected and predicted, how sure the model was; mistakes come first. */
export function ScoreView({ output, first, compact }: ScoreViewProps) {
  const accuracy = first.accuracy ?? null;
  const mistakes = usePreview<ScoredPreview>(
    output,
    { only: 'wrong', order: '-confidence', limit: 8 },
    accuracy !== null && accuracy < 1,
  );
  if (compact) return <Glance first={first} mistakes={mistakes.data} />;
  if (accuracy !== null && accuracy < 1 && mistakes.isPending) {
    return (
      <div className={shared.view}>
        <Skeleton height={44} lines={10} />
      </div>
    );
  }
  return <Whole output={output} first={first} wrong={mistakes.data?.total ?? 0} />;
}

function Glance({ first, mistakes }: { first: ScoredPreview; mistakes: ScoredPreview | undefined }) {
  const accuracy = first.accuracy ?? null;
  const shown = mistakes !== undefined && mistakes.rows.length > 0 ? mistakes : first;
  return (
    <div className={shared.glance}>
      <p className={shared.chips}>
        <Badge>{counted(first.total, 'image')}</Badge>
        {accuracy !== null && <Badge tone="success">{percent(accuracy)} right</Badge>}
        {mistakes !== undefined && <Badge tone="danger">{count(mistakes.total)} wrong</Badge>}
      </p>
      {first.images_digest !== null && (
        <ul className={styles.glance}>
          {shown.rows.slice(0, 4).map((row) => (
            <li key={row.id}>
              <Thumbnail digest={first.images_digest ?? ''} imageId={row.id} alt={row.id} size={96} />
              <span className={cx(styles.guess, isWrong(row) && styles.wrong)} title={row.predicted}>
                {row.predicted}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Whole({ output, first, wrong }: { output: OutputRef; first: ScoredPreview; wrong: number }) {
  const labelled = first.accuracy != null;
  const [only, setOnly] = useState<Only>('all');
  const [order, setOrder] = useState(labelled ? 'wrong' : 'confidence');
  const [category, setCategory] = useState<string | null>(null);
  const [predicted, setPredicted] = useState<string | null>(null);
  const params = {
    only: only === 'all' ? undefined : only,
    order,
    category: category ?? undefined,
    predicted: predicted ?? undefined,
  };
  const labels = [{ value: ANY, label: 'Any' }, ...first.labels.map((label) => ({ value: label, label }))];
  const options: readonly { value: Only; label: string; total: number }[] = [
    { value: 'wrong', label: 'Wrong', total: wrong },
    { value: 'right', label: 'Right', total: first.total - wrong },
    { value: 'all', label: 'All', total: first.total },
  ];
  return (
    <div className={styles.whole}>
      <div className={styles.filters}>
        {labelled && (
          <div className={styles.only} role="group" aria-label="Which images">
            {options.map(({ value, label, total }) => (
              <button
                key={value}
                type="button"
                aria-pressed={only === value}
                className={styles.choice}
                onClick={() => {
                  setOnly(value);
                }}
              >
                {label} <span className={styles.total}>{count(total)}</span>
              </button>
            ))}
          </div>
        )}
        {labelled && (
          <label className={styles.filter}>
            True
            <Select
              label="True label"
              value={category ?? ANY}
              options={labels}
              onValueChange={(value) => {
                setCategory(value === ANY ? null : value);
              }}
            />
          </label>
        )}
        <label className={styles.filter}>
          Predicted
          <Select
            label="Predicted label"
            value={predicted ?? ANY}
            options={labels}
            onValueChange={(value) => {
              setPredicted(value === ANY ? null : value);
            }}
          />
        </label>
        <label className={styles.filter}>
          Order
          <Select
            label="Order"
            value={order}
            options={labelled ? ORDERS : ORDERS.slice(1)}
            onValueChange={setOrder}
          />
        </label>
        <span className={styles.space} />
        {labelled && <Badge tone="success">{percent(first.accuracy ?? 0)} right</Badge>}
      </div>
      <ScoreRows
        key={JSON.stringify(params)}
        output={output}
        params={params}
        digest={first.images_digest}
        labels={first.labels}
      />
    </div>
  );
}

function isWrong(row: ScoredPreview['rows'][number]): boolean {
  return row.category !== null && row.category !== row.predicted;
}
