import { Play, Square } from 'lucide-react';
import { useMemo } from 'react';
import { Button } from '@/components/ui/Button';
import { Tooltip } from '@/components/ui/Tooltip';
import { useCancelRun } from '@/features/runs/useRunActions';
import { useSubmit } from '@/features/runs/useSubmit';
import { useCommands } from '@/lib/commands';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { flushDraft } from '@/lib/drafts/draftStore';
import { navigate, paths } from '@/lib/navigation';
import { useRunState } from '@/lib/run/runStore';
import { isOver } from '@/lib/run/types';
import { useNarrow } from './layout';
import styles from './RunControls.module.css';

/** Submit, and Cancel while a run goes on. */
export function RunControls() {
  const runId = useRunState((view) => view.runId);
  const goingOn = useRunState((view) => view.run !== null && !isOver(view.run.status));
  const narrow = useNarrow();
  const empty = useDocument((state) => state.order.length === 0);
  const { mutate: cancelRun, isPending: cancelling } = useCancelRun();
  const { submit, submitting } = useSubmit({ flush: saveFirst, onSubmitted: showSubmitted });

  const commands = useMemo(
    () => [
      {
        id: 'run.submit',
        label: 'Submit the pipeline',
        group: 'Runs',
        shortcut: ['Mod+Enter'],
        whileTyping: true,
        enabled: () => documentStore.getState().order.length > 0,
        perform: submit,
      },
    ],
    [submit],
  );
  useCommands(commands);

  return (
    <span className={styles.controls}>
      {goingOn && runId !== null && (
        <Button icon={<Square />} busy={cancelling} onClick={() => cancelRun(runId)}>
          Cancel
        </Button>
      )}
      {!(narrow && goingOn) && (
        <Tooltip
          content={empty ? 'There is nothing on the canvas yet' : 'Check the pipeline and run it'}
          shortcut="Mod+Enter"
        >
          <Button
            variant="primary"
            icon={<Play />}
            busy={submitting}
            disabled={empty}
            className={styles.submit}
            onClick={submit}
          >
            Submit
          </Button>
        </Tooltip>
      )}
    </span>
  );
}

async function saveFirst(): Promise<void> {
  if (!(await flushDraft())) {
    throw new Error('Its last edits could not be saved. See the state beside the name.');
  }
}

function showSubmitted(run: { id: string }): void {
  const { pipelineId } = documentStore.getState();
  if (pipelineId !== null) navigate(paths.run(pipelineId, run.id));
}
