import { ChevronDown, Play, Square, StepForward } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo } from 'react';
import { Button } from '@/components/ui/Button';
import { DropdownMenu } from '@/components/ui/Menu';
import { Tooltip } from '@/components/ui/Tooltip';
import { useCancelNode, useCancelRun } from '@/features/runs/useRunActions';
import { useSubmit } from '@/features/runs/useSubmit';
import { revealNode } from '@/lib/canvas/canvasApi';
import { useCommands, type Command } from '@/lib/commands';
import { afterFirstSight } from '@/lib/firstSight';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { followFacts, refreshFacts } from '@/lib/facts/factsStore';
import { flushDraft } from '@/lib/drafts/draftStore';
import { navigate, paths } from '@/lib/navigation';
import { followPlan, refreshPlan, usePlan } from '@/lib/plan/planStore';
import { useRunState } from '@/lib/run/runStore';
import { isOver } from '@/lib/run/types';
import { onRunsChanged } from '@/services/socket';
import { useNarrow } from './layout';
import { runCommands } from './runCommands';
import styles from './RunControls.module.css';

const PlanSummary = lazy(
  afterFirstSight(() =>
    import('@/features/runs/PlanSummary').then((module) => ({ default: module.PlanSummary })),
  ),
);

/** Submit with what it would do, and Cancel while a run goes on. */
export function RunControls() {
  const runId = useRunState((view) => view.runId);
  const goingOn = useRunState(({ run, replaying }) => run !== null && !replaying && !isOver(run.status));
  const narrow = useNarrow();
  const empty = useDocument((state) => state.order.length === 0 || state.viewing !== null);
  const viewing = useDocument((state) => state.viewing !== null);
  const planned = usePlan((state) => state.totals !== null);
  const { mutate: cancelRun, isPending: cancelling } = useCancelRun();
  const { mutate: cancelNode } = useCancelNode();
  const { submit, submitting } = useSubmit({ flush: saveFirst, onSubmitted: showSubmitted });
  useEffect(followPlan, []);
  useEffect(() => onRunsChanged(refreshPlan), []);
  useEffect(followFacts, []);
  useEffect(() => onRunsChanged(refreshFacts), []);

  const commands = useMemo(() => runCommands(submit, cancelNode), [submit, cancelNode]);
  useCommands(commands);

  return (
    <span className={styles.controls}>
      {planned && !narrow && (
        <Suspense fallback={null}>
          <PlanSummary onLeadTo={lead} />
        </Suspense>
      )}
      {goingOn && runId !== null && (
        <Button icon={<Square />} busy={cancelling} onClick={() => cancelRun(runId)}>
          Cancel
        </Button>
      )}
      {!(narrow && goingOn) && (
        <span className={styles.split}>
          <Tooltip
            content={
              viewing
                ? 'Go back to the draft to submit it'
                : empty
                  ? 'There is nothing on the canvas yet'
                  : 'Check the pipeline and run it'
            }
            shortcut="Mod+Enter"
          >
            <Button
              variant="primary"
              icon={<Play />}
              busy={submitting}
              disabled={empty}
              className={styles.submit}
              onClick={() => submit()}
            >
              Submit
            </Button>
          </Tooltip>
          {!narrow && <PartMenu commands={commands} disabled={empty || submitting} />}
        </span>
      )}
    </span>
  );
}

/** The parts of the pipeline that can be run; which nodes are meant is what is selected. */
function PartMenu({ commands, disabled }: { commands: readonly Command[]; disabled: boolean }) {
  const selected = useDocument((state) => state.selection.size);
  const entry = (id: string, icon: React.ReactNode, hint: string) => {
    const command = commands.find((one) => one.id === id);
    return {
      label: command?.label ?? id,
      icon,
      shortcut: command?.shortcut?.[0],
      hint: selected === 0 && id !== 'run.submit' ? 'Select a node first.' : hint,
      disabled: selected === 0 && id !== 'run.submit',
      onSelect: () => void command?.perform(),
    };
  };
  return (
    <DropdownMenu
      label="What to run"
      align="end"
      trigger={
        <Button variant="primary" className={styles.more} aria-label="Run a part" disabled={disabled}>
          <ChevronDown aria-hidden />
        </Button>
      }
      entries={[
        entry('run.submit', <Play />, 'Everything; what is still good is reused.'),
        'separator',
        entry('run.until', <StepForward />, 'The selected nodes and all they need.'),
        entry('run.only', <Play />, 'The selected nodes alone, from what was made before.'),
      ]}
    />
  );
}

function lead(nodeId: string): void {
  revealNode(nodeId, { select: true });
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
