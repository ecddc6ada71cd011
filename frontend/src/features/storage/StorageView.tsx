import { HardDrive, Sparkles } from 'lucide-react';
import { useId, useState } from 'react';

import { Button } from '@/components/ui/Button';
import { ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { Tabs } from '@/components/ui/Tabs';
import { TextField } from '@/components/ui/TextField';
import { bytes, percent } from '@/lib/run/format';
import { useStorage, type StorageAnswer } from '@/services/queries/useStorage';

import { ArtifactsTable } from './ArtifactsTable';
import { FreeUpDialog } from './FreeUpDialog';
import { RunsTable } from './RunsTable';
import { budgetOf, budgetText, capacity, shares } from './shares';
import styles from './StorageView.module.css';
import { useSetBudget } from './useStorageActions';

interface StorageViewProps {
  onOpenRun: (runId: string) => void;
}

/** Room on the disk: what takes it, what is kept, and what may go. */
export function StorageView({ onOpenRun }: StorageViewProps) {
  const storage = useStorage();
  const [tab, setTab] = useState('runs');
  return (
    <div className={styles.view}>
      {storage.isPending ? (
        <Skeleton height={96} />
      ) : storage.isError ? (
        <ErrorState
          title="The disk can’t be looked at"
          error={storage.error}
          onRetry={() => void storage.refetch()}
        />
      ) : (
        <Overview answer={storage.data} />
      )}
      <div className={styles.tables}>
        <Tabs
          label="What takes room"
          value={tab}
          onValueChange={setTab}
          items={[
            { id: 'runs', label: 'Runs', content: <RunsTable onOpenRun={onOpenRun} /> },
            { id: 'artifacts', label: 'Results', content: <ArtifactsTable /> },
          ]}
        />
      </div>
    </div>
  );
}

function Overview({ answer }: { answer: StorageAnswer }) {
  const [freeing, setFreeing] = useState(false);
  const { used, disk, budget, collectable } = answer;
  const parts = shares(answer);
  const over = budget !== null && used.total > budget;
  return (
    <section className={styles.overview} aria-label="Used room">
      <div className={styles.figures}>
        <HardDrive aria-hidden />
        <p>
          <strong>{bytes(used.total)}</strong> used{budget !== null && ` of the budget of ${bytes(budget)}`}
          <span className={styles.quiet}>
            {bytes(disk.free)} of {bytes(disk.total)} free on the disk
          </span>
        </p>
        <span className={styles.space} />
        <p className={styles.collectable}>
          <strong>{bytes(collectable)}</strong>
          <span className={styles.quiet}>can be freed</span>
        </p>
        <Button icon={<Sparkles />} onClick={() => setFreeing(true)}>
          Free up room…
        </Button>
      </div>
      <div
        className={styles.bar}
        data-over={over || undefined}
        role="img"
        aria-label={`${percent(used.total / capacity(answer), 0)} of ${bytes(capacity(answer))} used`}
      >
        {parts.map(({ id, share, color }) => (
          <span key={id} style={{ width: `${share * 100}%`, background: `var(${color})` }} />
        ))}
      </div>
      <ul className={styles.legend} aria-label="What takes the room">
        {parts.map(({ id, title, size, color }) => (
          <li key={id}>
            <span className={styles.swatch} style={{ background: `var(${color})` }} aria-hidden />
            {title} <strong>{bytes(size)}</strong>
          </li>
        ))}
      </ul>
      {over && (
        <p className={styles.over} role="status">
          More is used than the budget allows. What runs still need is never removed; pinned runs count too.
        </p>
      )}
      <Budget key={budget} budget={budget} />
      {freeing && <FreeUpDialog onClose={() => setFreeing(false)} />}
    </section>
  );
}

function Budget({ budget }: { budget: number | null }) {
  const id = useId();
  const [text, setText] = useState(budgetText(budget));
  const { mutate, isPending } = useSetBudget();
  const wanted = budgetOf(text);
  const changed = wanted !== undefined && wanted !== budget;
  return (
    <form
      className={styles.budget}
      onSubmit={(event) => {
        event.preventDefault();
        if (changed) mutate(wanted);
      }}
    >
      <label htmlFor={id}>Budget</label>
      <span className={styles.amount}>
        <TextField
          id={id}
          value={text}
          inputMode="decimal"
          placeholder="no limit"
          invalid={wanted === undefined}
          aria-describedby={`${id}-about`}
          onChange={(event) => setText(event.target.value)}
        />
      </span>
      <span>GB</span>
      <Button type="submit" size="sm" disabled={!changed} busy={isPending}>
        Set
      </Button>
      <span id={`${id}-about`} className={styles.quiet}>
        {wanted === undefined
          ? 'A number of gigabytes, or nothing for no limit.'
          : 'When more is used, the results that were not needed for longest go first.'}
      </span>
    </form>
  );
}
