import { ListVideo, Pin, Trash2 } from 'lucide-react';
import { useState } from 'react';

import { Badge } from '@/components/ui/Badge';
import { ConfirmDialog } from '@/components/ui/Dialog';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import { Skeleton } from '@/components/ui/Skeleton';
import { bytes, duration, fullMoment, moment } from '@/lib/run/format';
import { RUN_WORDS } from '@/lib/run/runFigures';
import { isOver } from '@/lib/run/types';
import { useStoredRuns, type StoredRun } from '@/services/queries/useStorage';

import { More } from './More';
import styles from './Tables.module.css';
import { useDeleteRun, usePinRun } from './useStorageActions';

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
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">State</th>
              <th scope="col">When</th>
              <th scope="col" className={styles.number}>
                Size
              </th>
              <th scope="col" className={styles.number}>
                Freed when deleted
              </th>
              <th scope="col" className={styles.number}>
                To make again
              </th>
              <th scope="col">
                <span className={styles.hidden}>Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((run) => (
              <tr key={run.id}>
                <th scope="row">
                  <button type="button" className={styles.name} onClick={() => onOpenRun(run.id)}>
                    {run.name}
                  </button>
                  {run.pinned && <Badge tone="info">pinned</Badge>}
                </th>
                <td>{RUN_WORDS[run.status]}</td>
                <td title={fullMoment(run.created)}>{moment(run.created)}</td>
                <td className={styles.number}>{bytes(run.size)}</td>
                <td className={styles.number}>{bytes(run.size_alone)}</td>
                <td className={styles.number}>{again(run.seconds_to_recompute)}</td>
                <td className={styles.actions}>
                  <IconButton
                    label={`${run.pinned ? 'Unpin' : 'Pin'} ${run.name}`}
                    tooltip={run.pinned ? 'Unpin' : 'Pin: keep it with all it needs'}
                    size="sm"
                    pressed={run.pinned}
                    icon={<Pin />}
                    onClick={() => pin.mutate(run)}
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
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
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
