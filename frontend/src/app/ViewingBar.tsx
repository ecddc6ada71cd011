import { ArrowLeft, Copy, Eye } from 'lucide-react';
import { useEffect } from 'react';
import { Button } from '@/components/ui/Button';
import { useCloneRun } from '@/features/runs/useRunActions';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import { moment } from '@/lib/run/format';
import { RUN_WORDS } from '@/lib/run/runFigures';
import { useRunState } from '@/lib/run/runStore';
import styles from './ViewingBar.module.css';

/** Above the canvas while it shows a run's document as it was submitted: what this is, and the ways on. */
export function ViewingBar() {
  const viewing = useDocument((state) => state.viewing);
  const run = useRunState((view) => view.run);
  const replaying = useRunState((view) => view.replaying);
  const shown = useRunState((view) => view.runId);
  const clone = useCloneRun((pipeline) => navigate(paths.pipeline(pipeline.id)));
  useEffect(() => {
    // Another run, or none, is shown: what is looked at is not its document.
    if (viewing !== null && viewing !== shown) documentStore.getState().endView();
  }, [viewing, shown]);
  if (viewing === null || run === null) return null;
  return (
    <section className={styles.bar} aria-label="The run as it was submitted">
      <Eye aria-hidden />
      <p className={styles.words} role="status">
        <strong>Run of {moment(run.created)}</strong>
        <span>
          {!replaying && `${RUN_WORDS[run.status]}. `}The pipeline as it was submitted, to be looked at; your
          draft is kept.
        </span>
      </p>
      <Button size="sm" icon={<Copy />} busy={clone.isPending} onClick={() => clone.mutate(run.id)}>
        Clone into a draft
      </Button>
      <Button size="sm" variant="primary" icon={<ArrowLeft />} onClick={backToDraft}>
        Back to the draft
      </Button>
    </section>
  );
}

function backToDraft(): void {
  documentStore.getState().endView();
  setTimeout(() => canvasApi()?.fit(), 60);
}
