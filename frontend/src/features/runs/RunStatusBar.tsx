import { X } from 'lucide-react';
import { Suspense, lazy, useMemo, useState } from 'react';
import type { ReactNode } from 'react';

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

import { ConnectionState } from './ConnectionState';
import styles from './RunStatusBar.module.css';
import { StateIcon } from './StateIcon';

const RunAsSubmitted = lazy(() =>
  import('./RunAsSubmitted').then((module) => ({ default: module.RunAsSubmitted })),
);

interface RunStatusBarProps {
  /** Leads to a node: selects it and brings it into view. */
  onLeadTo?: (nodeId: string) => void;
  /** What a node made, for the view of the run as it was submitted. */
  renderOutputs?: (nodeId: string) => ReactNode;
  /** A draft was made of the run's document. */
  onCloned?: (pipelineId: string) => void;
  /** Leaves the run; the default only stops showing it. */
  onClose?: () => void;
}

/** The run at a glance, for the bar at the lower edge: state, time, nodes done, and whether the page is live. */
export function RunStatusBar(props: RunStatusBarProps) {
  const { onLeadTo, onClose = hideRun, renderOutputs, onCloned } = props;
  const run = useRunState((view) => view.run);
  const runId = useRunState((view) => view.runId);
  const error = useRunState((view) => view.error);
  return (
    <div className={styles.bar}>
      {error !== null ? (
        <span className={styles.problem}>{error.message}</span>
      ) : run !== null ? (
        <Glance run={run} onLeadTo={onLeadTo} />
      ) : (
        runId !== null && <span className={styles.quiet}>Loading the run…</span>
      )}
      {run !== null && <AsSubmitted run={run} renderOutputs={renderOutputs} onCloned={onCloned} />}
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
function AsSubmitted({
  run,
  renderOutputs,
  onCloned,
}: Pick<RunStatusBarProps, 'renderOutputs' | 'onCloned'> & { run: Run }) {
  const [open, setOpen] = useState(false);
  const nodes = useDocument((state) => state.nodes);
  const wires = useDocument((state) => state.wires);
  const submitted = run.document;
  const moved = useMemo(
    () => !sameComputation(submitted, { nodes: Object.values(nodes), wires }),
    [submitted, nodes, wires],
  );
  if (!moved && !open) return null;
  return (
    <>
      <button
        type="button"
        className={styles.link}
        onClick={() => {
          setOpen(true);
        }}
      >
        See it as submitted
      </button>
      {open && (
        <Suspense fallback={null}>
          <RunAsSubmitted
            renderOutputs={renderOutputs}
            onCloned={onCloned}
            onClose={() => {
              setOpen(false);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function stateOf(run: Run, lost: boolean): string {
  if (isOver(run.status)) return RUN_WORDS[run.status];
  if (lost) return `${RUN_WORDS[run.status]} when last heard of`;
  return run.cancel_requested ? 'Cancelling…' : RUN_WORDS[run.status];
}

function Glance({ run, onLeadTo }: { run: Run; onLeadTo: RunStatusBarProps['onLeadTo'] }) {
  const going = !isOver(run.status);
  const lost = useConnection(({ status }) => status === 'lost');
  const now = useRunClock(going);
  const counts = nodeCounts(run);
  const failure = firstFailure(run);
  const seconds = elapsed(run, now);
  return (
    <>
      <span className={styles.state} role="status">
        <StateIcon status={run.status} stale={lost && going} />
        {stateOf(run, lost)}
      </span>
      <span className={styles.quiet}>{going ? clock(seconds) : duration(seconds)}</span>
      <span className={styles.quiet}>
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
