import { Bell, BellRing, History, X } from 'lucide-react';
import { useEffect, useMemo } from 'react';

import { IconButton } from '@/components/ui/IconButton';
import { useDocument } from '@/lib/document/documentStore';
import { sameComputation } from '@/lib/document/sameComputation';
import { clock, duration } from '@/lib/run/format';
import { RUN_WORDS, elapsed, firstFailure, nodeCounts } from '@/lib/run/runFigures';
import { hideRun, useRunState } from '@/lib/run/runStore';
import { isOver } from '@/lib/run/types';
import type { Run } from '@/lib/run/types';
import { useRunClock } from '@/lib/run/useNow';
import { useConnection } from '@/services/socket';

import { askedWords } from './askedWords';
import { ConnectionState } from './ConnectionState';
import { followForAnnouncements } from './announceRun';
import { canNotify, followForNotice, toggleNotify, useNotifyWanted } from './notify';
import styles from './RunStatusBar.module.css';
import { StateIcon } from './StateIcon';
import { titleOf } from './useFreshness';
import { useRerun } from './useRunActions';

interface RunStatusBarProps {
  /** Leads to a node: selects it and brings it into view. */
  onLeadTo?: (nodeId: string) => void;
  /** Shows the run's document as it was submitted. */
  onView?: () => void;
  /** The run's document was submitted again. */
  onContinued?: (run: Run) => void;
  /** Shows the run at any moment in its past. */
  onReplay?: () => void;
  /** Leaves the run; the default only stops showing it. */
  onClose?: () => void;
}

/** The run at a glance, for the bar at the lower edge: state, time, nodes done, and whether the page is live. */
export function RunStatusBar(props: RunStatusBarProps) {
  const { onLeadTo, onClose = hideRun, onView, onContinued, onReplay } = props;
  const run = useRunState((view) => view.run);
  const runId = useRunState((view) => view.runId);
  const error = useRunState((view) => view.error);
  useEffect(followForNotice, []);
  useEffect(followForAnnouncements, []);
  return (
    <div className={styles.bar}>
      {error !== null ? (
        <span className={styles.problem}>{error.message}</span>
      ) : run !== null ? (
        <Glance run={run} onLeadTo={onLeadTo} />
      ) : (
        runId !== null && <span className={styles.quiet}>Loading the run…</span>
      )}
      {run !== null && (run.status === 'cancelled' || run.status === 'failed') && (
        <Continue runId={run.id} onContinued={onContinued} />
      )}
      {run !== null && onView !== undefined && <AsSubmitted run={run} onView={onView} />}
      {run !== null && <Notify />}
      {run !== null && onReplay !== undefined && (
        <IconButton
          label="Replay the run"
          size="sm"
          icon={<History />}
          onClick={onReplay}
          tooltipSide="top"
        />
      )}
      {runId !== null && (run === null || isOver(run.status)) && (
        <IconButton
          label="Stop showing this run"
          size="sm"
          icon={<X />}
          onClick={onClose}
          tooltipSide="top"
        />
      )}
      <span className={styles.space} />
      <ConnectionState />
    </div>
  );
}

/** The way to the document that ran, where the draft has moved on since. */
function AsSubmitted({ run, onView }: { run: Run; onView: () => void }) {
  const nodes = useDocument((state) => state.nodes);
  const wires = useDocument((state) => state.wires);
  const viewing = useDocument((state) => state.viewing !== null);
  const submitted = run.document;
  const moved = useMemo(
    () => !sameComputation(submitted, { nodes: Object.values(nodes), wires }),
    [submitted, nodes, wires],
  );
  if (!moved || viewing) return null;
  return (
    <button type="button" className={styles.link} onClick={onView}>
      See it as submitted
    </button>
  );
}

/** Goes on with a run that ended before it was done: its document is submitted again. */
function Continue({ runId, onContinued }: { runId: string; onContinued: RunStatusBarProps['onContinued'] }) {
  const again = useRerun(onContinued);
  return (
    <button
      type="button"
      className={styles.link}
      disabled={again.isPending}
      title="Submits this run’s document again: what is done is reused, and what was interrupted goes on from its checkpoint."
      onClick={() => {
        again.mutate(runId);
      }}
    >
      Continue
    </button>
  );
}

function Notify() {
  const wanted = useNotifyWanted();
  if (!canNotify()) return null;
  return (
    <IconButton
      label={wanted ? 'Don’t tell me when the run is over' : 'Tell me when the run is over'}
      size="sm"
      icon={wanted ? <BellRing /> : <Bell />}
      pressed={wanted}
      tooltipSide="top"
      onClick={() => void toggleNotify()}
    />
  );
}

function stateOf(run: Run, lost: boolean): string {
  if (isOver(run.status)) return RUN_WORDS[run.status];
  if (lost) return `${RUN_WORDS[run.status]} when last heard of`;
  return run.cancel_requested ? 'Cancelling…' : RUN_WORDS[run.status];
}

function Glance({ run, onLeadTo }: { run: Run; onLeadTo: RunStatusBarProps['onLeadTo'] }) {
  const replaying = useRunState((view) => view.replaying);
  const going = !isOver(run.status);
  const lost = useConnection(({ status }) => status === 'lost');
  const now = useRunClock(going && !replaying);
  const counts = nodeCounts(run);
  const failure = firstFailure(run);
  const seconds = elapsed(run, now);
  const part = askedWords(run, titleOf);
  return (
    <>
      <span className={styles.state} role="status">
        <StateIcon status={run.status} stale={lost && going} />
        {replaying ? `Then: ${RUN_WORDS[run.status]}` : stateOf(run, lost)}
      </span>
      {!replaying && <span className={styles.quiet}>{going ? clock(seconds) : duration(seconds)}</span>}
      <span className={styles.quiet}>
        {part !== null && `Part ${part}: `}
        {counts.completed} of {counts.total} nodes
        {counts.reused > 0 && `, ${counts.reused} reused`}
        {counts.skipped > 0 && `, ${counts.skipped} skipped`}
      </span>
      {failure !== null && (
        <button
          type="button"
          className={styles.failure}
          onClick={() => {
            onLeadTo?.(failure.nodeId);
          }}
        >
          {counts.failed === 1 ? 'Show what failed' : `Show the first of ${counts.failed} failures`}
        </button>
      )}
    </>
  );
}
