import { ListVideo, Trash2 } from 'lucide-react';
import { useState } from 'react';

import { ConfirmDialog } from '@/components/ui/Dialog';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import { Skeleton } from '@/components/ui/Skeleton';
import { bytes, duration, fullMoment, moment } from '@/lib/run/format';
import { RUN_WORDS } from '@/lib/run/runFigures';
import { isOver } from '@/lib/run/types';
import { useStoredRuns, type StoredRun } from '@/services/queries/useStorage';

import { More } from './More';
import { PinButton, StorageTable, type Column } from './StorageTable';
import styles from './Tables.module.css';
import { useDeleteRun, usePinRun } from './useStorageActions';

const COLUMNS: readonly Column<StoredRun>[] = [
  { label: 'State', cell: (run) => RUN_WORDS[run.status] },
  { label: 'When', cell: (run) => moment(run.created), title: (run) => fullMoment(run.created) },
  { label: 'Size', cell: (run) => bytes(run.size), number: true },
  { label: 'Freed when deleted', cell: (run) => bytes(run.size_alone), number: true },
  { label: 'To make again', cell: (run) => again(run.seconds_to_recompute), number: true },
];

/** Runs with what they take; deleting one says what is lost. */
export function RunsTable({ onOpenRun }: { onOpenRun: (runId: string) => void }) {
  const runs = useStoredRuns();
  const [deleting, setDeleting] = useState<StoredRun | null>(null);
  const remove = useDeleteRun(() => setDeleting(null));
  const pin = usePinRun();
  if (runs.isPending) return <Skeleton height={36} lines={6} />;
  if (runs.isError)
    return (
      <ErrorState title="The runs can’t be listed" error={runs.error} onRetry={() => void runs.refetch()} />
    );
  const rows = runs.data.pages.flatMap((page) => page.runs);
  if (rows.length === 0)
    return (
      <EmptyState icon={<ListVideo />} title="No runs yet">
        What runs take on the disk stands here.
      </EmptyState>
    );
  return (
    <>
      <StorageTable
        label="Run"
        rows={rows}
        keyOf={(run) => run.id}
        name={(run) => (
          <button type="button" className={styles.name} onClick={() => onOpenRun(run.id)}>
            {run.name}
          </button>
        )}
        columns={COLUMNS}
        actions={(run) => (
          <>
            <PinButton
              pinned={run.pinned}
              what={run.name}
              meaning="keep it with all it needs"
              onToggle={() => pin.mutate(run)}
            />
            <IconButton
              label={`Delete ${run.name}`}
              tooltip={
                run.pinned
                  ? 'A pinned run can’t be deleted'
                  : isOver(run.status)
                    ? 'Delete'
                    : 'It still runs: cancel it first'
              }
              size="sm"
              icon={<Trash2 />}
              disabled={run.pinned || !isOver(run.status)}
              onClick={() => setDeleting(run)}
            />
          </>
        )}
      />
      <More query={runs} />
      <ConfirmDialog
        open={deleting !== null}
        onOpenChange={() => setDeleting(null)}
        title={`Delete the run of ${deleting === null ? '' : moment(deleting.created)}?`}
        description={deleting === null ? '' : lossWords(deleting)}
        action="Delete the run"
        danger
        busy={remove.isPending}
        onConfirm={() => {
          if (deleting !== null) remove.mutate(deleting);
        }}
      />
    </>
  );
}

/** What is gone with a run, and what that costs. */
function lossWords({ name, size_alone, seconds_to_recompute }: StoredRun): string {
  const cost =
    seconds_to_recompute === null || seconds_to_recompute < 0.05
      ? ''
      : ` Making its results again would take about ${duration(seconds_to_recompute)}.`;
  return `The record of “${name}” is gone for good: its events, log, curves and document. ${bytes(size_alone)} of results that no other run needs go with it.${cost}`;
}

export function again(seconds: number | null): string {
  return seconds === null ? '–' : duration(seconds);
}
