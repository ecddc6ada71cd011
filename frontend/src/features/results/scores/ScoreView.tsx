import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';

import { Badge } from '@/components/ui/Badge';
import { Button } from '@/components/ui/Button';
import { cx } from '@/components/ui/cx';
import { Select } from '@/components/ui/Select';
import { Skeleton } from '@/components/ui/Skeleton';
import { SearchField, TextField } from '@/components/ui/TextField';
import { narrow, useNarrowing } from '@/lib/outputAddress';
import { count, counted, percent } from '@/lib/run/format';
import type { OutputRef } from '@/lib/run/nodeNames';
import { csvUrl, usePreview } from '@/services/queries/usePreview';
import type { ScoredPreview } from '@/services/types.generated';

import { Thumbnail } from '../images/Thumbnail';
import shared from '../View.module.css';
import { addressOf, filtersOf, paramsOf, percentOf } from './filters';
import type { Filters, Only, Params } from './filters';
import { ScoreRows } from './ScoreRows';
import styles from './ScoreView.module.css';

interface ScoreViewProps {
  output: OutputRef;
  first: ScoredPreview;
  compact: boolean;
}

const ORDERS = [
  { value: 'wrong', label: 'Mistakes first' },
  { value: '-confidence', label: 'Surest first' },
  { value: 'confidence', label: 'Least sure first' },
  { value: 'id', label: 'By name' },
  { value: '-id', label: 'By name, backwards' },
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
        {accuracy !== null && <Badge>{percent(accuracy)} right</Badge>}
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
  const filters = filtersOf(useNarrowing(), labelled);
  const change = (part: Partial<Filters>) => {
    const typing = part.text !== undefined && filters.text !== ''; // one step back for all of a word
    narrow(addressOf({ ...filters, ...part }, labelled), { replace: typing });
  };
  const params = paramsOf(filters);
  const [looking, setLooking] = useState(false);
  const settled = useDeferredText(params, looking);
  const narrowed = usePreview<ScoredPreview>(output, { ...settled, only: undefined, limit: 1 });
  const counts = narrowed.data?.counts ?? { all: first.total, right: first.total - wrong, wrong };
  const labels = [{ value: ANY, label: 'Any' }, ...first.labels.map((label) => ({ value: label, label }))];
  const options: readonly { value: Only; label: string; total: number }[] = [
    { value: 'wrong', label: 'Wrong', total: counts.wrong },
    { value: 'right', label: 'Right', total: counts.right },
    { value: 'all', label: 'All', total: counts.all },
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
                aria-pressed={filters.only === value}
                className={styles.choice}
                onClick={() => {
                  change({ only: value });
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
              value={filters.category ?? ANY}
              options={labels}
              onValueChange={(value) => {
                change({ category: value === ANY ? null : value });
              }}
            />
          </label>
        )}
        <label className={styles.filter}>
          Predicted
          <Select
            label="Predicted label"
            value={filters.predicted ?? ANY}
            options={labels}
            onValueChange={(value) => {
              change({ predicted: value === ANY ? null : value });
            }}
          />
        </label>
        <span className={styles.filter}>
          Confidence
          <Percent
            key={`least ${filters.least}`}
            label="Least confidence in percent"
            value={filters.least}
            onCommit={(least) => {
              change({ least });
            }}
          />
          to
          <Percent
            key={`most ${filters.most}`}
            label="Greatest confidence in percent"
            value={filters.most}
            onCommit={(most) => {
              change({ most });
            }}
          />
          %
        </span>
        <span className={styles.search}>
          <SearchField
            label="Search by name"
            value={filters.text}
            onValueChange={(text) => {
              change({ text });
            }}
          />
        </span>
        <label className={styles.filter}>
          Order
          <Select
            label="Order"
            value={filters.order}
            options={labelled ? ORDERS : ORDERS.slice(1)}
            onValueChange={(order) => {
              change({ order });
            }}
          />
        </label>
        <span className={styles.space} />
        {labelled && <Badge tone="success">{percent(first.accuracy ?? 0)} right</Badge>}
        <Button
          size="sm"
          icon={<Download />}
          onClick={() => {
            window.location.assign(csvUrl(output, params));
          }}
        >
          CSV
        </Button>
      </div>
      <ScoreRows
        key={JSON.stringify(settled)}
        output={output}
        params={settled}
        digest={first.images_digest}
        labels={first.labels}
        onLook={setLooking}
      />
    </div>
  );
}

/** The filters a moment after the last key of a search, and not while an image of the earlier ones is looked at. */
function useDeferredText(params: Params, hold: boolean): Params {
  const [settled, setSettled] = useState(params);
  const key = JSON.stringify(params);
  useEffect(() => {
    if (hold) return;
    const timer = setTimeout(() => {
      setSettled(JSON.parse(key) as Params);
    }, 200);
    return () => {
      clearTimeout(timer);
    };
  }, [key, hold]);
  return settled;
}

function Percent({
  label,
  value,
  onCommit,
}: {
  label: string;
  value: number;
  onCommit: (value: number) => void;
}) {
  const [text, setText] = useState(String(value));
  const commit = () => {
    const wanted = percentOf(text, value);
    setText(String(wanted));
    if (wanted !== value) onCommit(wanted);
  };
  return (
    <TextField
      className={styles.percent}
      inputMode="decimal"
      aria-label={label}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
      }}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
      }}
    />
  );
}

function isWrong(row: ScoredPreview['rows'][number]): boolean {
  return row.category !== null && row.category !== row.predicted;
}
