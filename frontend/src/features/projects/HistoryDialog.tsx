import { History } from 'lucide-react';
import { useState, type KeyboardEvent } from 'react';
import { Badge } from '@/components/ui/Badge';
import { Button } from '@/components/ui/Button';
import { Dialog } from '@/components/ui/Dialog';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { toast } from '@/components/ui/toasts';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { whileStep } from '@/lib/document/whileStep';
import { useRevision, useRevisions } from '@/services/queries/usePipelines';
import { DocumentSketch } from './DocumentSketch';
import styles from './HistoryDialog.module.css';
import { RevisionChanges } from './RevisionChanges';
import { timeAgo } from './timeWords';

interface HistoryDialogProps {
  pipelineId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** The journal of a draft: look at an earlier revision, and bring it back as a step that can be undone. */
export function HistoryDialog({ pipelineId, open, onOpenChange }: HistoryDialogProps) {
  const journal = useRevisions(pipelineId);
  const { data: revisions, error, isPending, refetch } = journal;
  const present = useDocument((state) => state.revision);
  const [chosen, setChosen] = useState<number | null>(null);
  const { data: document, error: documentError } = useRevision(pipelineId, chosen);

  /** Named by its time: the number alone says nothing in the list of steps. */
  const restored = (revision: number) => {
    const time = revisions?.find((one) => one.revision === revision)?.time;
    return `Restore revision ${revision}${time === undefined ? '' : ` of ${exactTime(time)}`}`;
  };

  const restore = () => {
    if (!document || chosen === null) return;
    documentStore.getState().replace(document, restored(chosen));
    onOpenChange(false);
    setTimeout(() => canvasApi()?.fit());
    const dismiss = toast({
      title: restored(chosen).replace('Restore', 'Restored'),
      description: 'It is the newest version now; the others are kept.',
      action: { label: 'Undo', onSelect: () => documentStore.getState().undo() },
    });
    whileStep(dismiss, { newest: true });
  };

  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      size="lg"
      title="Version history"
      description="Every saved state of this pipeline. Restoring one can be undone."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Close</Button>
          <Button variant="primary" disabled={!document || chosen === present} onClick={restore}>
            {chosen === null ? 'Restore' : `Restore revision ${chosen}`}
          </Button>
        </>
      }
    >
      <div className={styles.columns}>
        <div className={styles.list} role="listbox" aria-label="Revisions" onKeyDown={walk}>
          {isPending && <Skeleton height={36} lines={6} />}
          {error && !revisions && (
            <ErrorState title="The history can’t be read" error={error} onRetry={() => void refetch()} />
          )}
          {revisions?.map((revision, place) => (
            <button
              key={revision.revision}
              type="button"
              role="option"
              aria-selected={chosen === revision.revision}
              tabIndex={chosen === revision.revision || (chosen === null && place === 0) ? 0 : -1}
              className={styles.row}
              onClick={() => setChosen(revision.revision)}
            >
              <span>
                <span className={styles.time}>{revision.step || exactTime(revision.time)}</span>
                <span className={styles.about} title={timeAgo(revision.time)}>
                  {revision.step === '' ? timeAgo(revision.time) : exactTime(revision.time)} ·{' '}
                  {revision.node_count} {revision.node_count === 1 ? 'node' : 'nodes'}
                </span>
              </span>
              {revision.revision === present ? (
                <Badge tone="accent">Now</Badge>
              ) : (
                <Badge>{revision.revision}</Badge>
              )}
            </button>
          ))}
          {journal.hasNextPage && (
            <Button
              size="sm"
              disabled={journal.isFetchingNextPage}
              onClick={() => void journal.fetchNextPage()}
            >
              Show earlier ones
            </Button>
          )}
        </div>
        <div className={styles.preview}>
          {chosen === null && (
            <EmptyState icon={<History />} title="Choose a revision">
              It is shown here before you restore it.
            </EmptyState>
          )}
          {documentError && <ErrorState title="This revision can’t be read" error={documentError} />}
          {chosen !== null && !document && !documentError && <Skeleton height={168} />}
          {document && (
            <>
              <DocumentSketch document={document} />
              <div className={styles.words}>
                <p className={styles.name}>{document.name}</p>
                <p className={styles.about}>
                  {document.nodes.length} nodes, {document.wires.length} wires
                </p>
              </div>
              <RevisionChanges document={document} />
            </>
          )}
        </div>
      </div>
    </Dialog>
  );
}

/** Arrow keys go through the list, and what they come to is shown. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="option"]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  const row = to === undefined || at < 0 ? undefined : rows[to];
  if (!row) return;
  event.preventDefault();
  row.focus();
  row.click();
}

function exactTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
