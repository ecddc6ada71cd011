import { useEffect } from 'react';

import { Button } from '@/components/ui/Button';
import { Dialog } from '@/components/ui/Dialog';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { bytes, counted, duration, moment } from '@/lib/run/format';
import type { CollectAnswer } from '@/services/queries/useStorage';

import { Maker } from './ArtifactsTable';
import { again } from './RunsTable';
import { StorageTable, type Column } from './StorageTable';
import styles from './Tables.module.css';
import { useCollect, useDryCollect } from './useStorageActions';

const MOST_SHOWN = 100;

/** Shows what would go and what it costs to make again, and removes it only then. */
export function FreeUpDialog({ onClose }: { onClose: () => void }) {
  const dry = useDryCollect();
  const { mutate: look } = dry;
  const collect = useCollect(onClose);
  useEffect(() => {
    look();
  }, [look]);
  const nothing = dry.data?.freed === 0;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Free up room"
      size="lg"
      description="What is pinned stays, and so do the runs with their curves and logs. What goes can be made again."
      footer={
        <>
          <Button onClick={onClose}>{nothing ? 'Close' : 'Cancel'}</Button>
          {dry.data !== undefined && !nothing && (
            <Button variant="danger" busy={collect.isPending} onClick={() => collect.mutate()}>
              Free {bytes(dry.data.freed)}
            </Button>
          )}
        </>
      }
    >
      {dry.isError ? (
        <ErrorState title="Nobody could say what may go" error={dry.error} onRetry={() => look()} />
      ) : dry.data === undefined ? (
        <Skeleton height={28} lines={5} />
      ) : nothing ? (
        <EmptyState title="There is nothing to free">
          What is kept is pinned, or a run under way needs it.
        </EmptyState>
      ) : (
        <Found answer={dry.data} />
      )}
    </Dialog>
  );
}

const COLUMNS: readonly Column<CollectAnswer['artifacts'][number]>[] = [
  { label: 'Size', cell: (artifact) => bytes(artifact.size), number: true },
  { label: 'Last used', cell: (artifact) => moment(artifact.last_used) },
  { label: 'To make again', cell: (artifact) => again(artifact.seconds_to_recompute), number: true },
];

function Found({
  answer: { artifacts, checkpoints, freed, seconds_to_recompute },
}: {
  answer: CollectAnswer;
}) {
  const parts = [
    artifacts.length > 0 && counted(artifacts.length, 'result'),
    checkpoints > 0 && counted(checkpoints, 'checkpoint'),
  ].filter((part) => typeof part === 'string');
  return (
    <div className={styles.found}>
      <p>
        <strong>{bytes(freed)}</strong> become free: {parts.join(' and ') || 'what work under way has left'}.
        Making them again would take about <strong>{duration(seconds_to_recompute)}</strong>.
      </p>
      {artifacts.length > 0 && (
        <StorageTable
          label="Made by"
          rows={artifacts.slice(0, MOST_SHOWN)}
          keyOf={(artifact) => artifact.digest}
          name={(artifact) => <Maker artifact={artifact} />}
          columns={COLUMNS}
        />
      )}
      {artifacts.length > MOST_SHOWN && (
        <p className={styles.quiet}>And {artifacts.length - MOST_SHOWN} more.</p>
      )}
    </div>
  );
}
