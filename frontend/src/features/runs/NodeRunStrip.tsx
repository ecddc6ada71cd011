import { useQuery } from '@tanstack/react-query';
import { ChevronsRight, Play, Square } from 'lucide-react';
import { useId, useState } from 'react';

import { Button } from '@/components/ui/Button';
import { NumberField } from '@/components/ui/NumberField';
import { runCommand } from '@/lib/commands';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { parameterValue, useModuleSpec } from '@/lib/modules/catalog';
import { failureTitle, reportOf } from '@/lib/run/failure';
import { bytes } from '@/lib/run/format';
import { RemedyButton } from '@/lib/run/RemedyButton';
import { useCancelling, useNodeRun, useRunState } from '@/lib/run/runStore';
import { isNodeOver, isOver, type NodeRun } from '@/lib/run/types';
import { useRunClock } from '@/lib/run/useNow';
import { usePlaceWords } from '@/lib/targets/place';
import { api } from '@/services/http';
import type { ParameterSpec, RunAnswer } from '@/services/types.generated';

import { FreshnessIcon } from './FreshnessLine';
import styles from './NodeRunStrip.module.css';
import { ago, checkpointWords, firstLine, resumedWords, stateWords } from './nodeWords';
import { StateIcon } from './StateIcon';
import { useFreshness } from './useFreshness';
import { useCancelNode, useRerun } from './useRunActions';

interface NodeRunStripProps {
  nodeId: string;
  /** Leads to where the whole of a failure is told. */
  onShowFailure: () => void;
}

/** Where the selected node stands in the run that is shown and in the next one, and what can be done about it. */
export function NodeRunStrip({ nodeId, onShowFailure }: NodeRunStripProps) {
  const node = useNodeRun(nodeId);
  const freshness = useFreshness(nodeId);
  const viewing = useDocument((state) => state.viewing !== null);
  if (node === undefined && freshness === null) return null;
  return (
    <section className={styles.strip} aria-label="State of the node">
      {node !== undefined && <Shown nodeId={nodeId} node={node} onShowFailure={onShowFailure} />}
      {freshness !== null && (
        <p className={styles.plan} data-freshness={freshness.kind}>
          <FreshnessIcon kind={freshness.kind} />
          <span>{freshness.long}</span>
        </p>
      )}
      {node?.status === 'completed' && !viewing && <TrainFurther nodeId={nodeId} />}
    </section>
  );
}

function Shown({ nodeId, node, onShowFailure }: NodeRunStripProps & { node: NodeRun }) {
  const runId = useRunState((view) => view.runId);
  const over = useRunState(({ run }) => run !== null && isOver(run.status));
  const replaying = useRunState((view) => view.replaying);
  const cancelling = useCancelling(nodeId);
  const cancel = useCancelNode();
  const again = useRerun();
  const notes = useNotes(nodeId, node);
  const report = node.error === null ? null : reportOf(node.error);
  return (
    <>
      <div className={styles.head}>
        <StateIcon status={node.status} reused={node.reused} size={15} />
        <span className={styles.state} role="status">
          {cancelling ? 'Cancelling…' : stateWords(node)}
        </span>
        {runId !== null && !replaying && !over && !isNodeOver(node.status) && (
          <Button
            size="sm"
            icon={<Square />}
            busy={cancel.isPending || cancelling}
            onClick={() => {
              cancel.mutate({ runId, nodeId });
            }}
          >
            Cancel node
          </Button>
        )}
        {runId !== null && !replaying && over && node.status === 'cancelled' && (
          <Button
            size="sm"
            icon={<Play />}
            busy={again.isPending}
            title="Submits this run’s document again. What was interrupted goes on from its last checkpoint."
            onClick={() => {
              again.mutate(runId);
            }}
          >
            Continue
          </Button>
        )}
      </div>
      {node.error !== null && (
        <div className={styles.failure}>
          <p>
            {report === null ? (
              firstLine(node.error.message)
            ) : (
              <>
                <strong>{failureTitle(report)}.</strong> {report.what}
              </>
            )}{' '}
            <button type="button" className={styles.link} onClick={onShowFailure}>
              Show all
            </button>
          </p>
          {report !== null && <RemedyButton report={report} nodeId={nodeId} />}
        </div>
      )}
      {notes.length > 0 && (
        <ul className={styles.notes} aria-label="Notes">
          {notes.map((note) => (
            <li key={note}>{note.charAt(0).toUpperCase() + note.slice(1)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What is worth knowing about how the node got where it is. */
function useNotes(nodeId: string, node: NodeRun): readonly string[] {
  const place = usePlaceWords(nodeId, node);
  const running = node.status === 'running';
  const now = useRunClock(running && node.checkpoint !== null);
  const resumedFrom = useRunTime(node.resumed?.run_id ?? null);
  return [
    (node.attempt ?? 1) > 1 ? `attempt ${node.attempt}` : null,
    place,
    resumedWords(node, resumedFrom),
    node.checkpoint === null
      ? null
      : node.status === 'completed'
        ? null
        : checkpointWords(node, running ? now : undefined),
    node.status === 'cancelled' && node.checkpoint !== null && node.finished !== null
      ? `the checkpoint was ${ago(node.finished - node.checkpoint.time)} when it stopped`
      : null,
    node.memory_peak === null
      ? null
      : `memory ${bytes(node.memory.at(-1)?.[1] ?? node.memory_peak)}, peak ${bytes(node.memory_peak)}`,
  ].filter((note) => note !== null);
}

/** When another run than the shown one was made (seconds); null for the shown one. */
function useRunTime(runId: string | null): number | null {
  const shown = useRunState((view) => view.runId);
  const other = runId !== null && runId !== shown;
  const { data } = useQuery({
    queryKey: ['runs', 'time', runId],
    queryFn: async ({ signal }) =>
      (await api.get<RunAnswer>(`runs/${encodeURIComponent(runId ?? '')}`, { signal })).run.created,
    enabled: other,
    staleTime: Infinity,
  });
  return other ? (data ?? null) : null;
}

/** Parameters that only say how far a module goes, by module: raising one goes on from where it ended. */
const EXTENDABLE: Readonly<Record<string, string>> = { 'train-pytorch-model': 'epochs' };

/** Goes on with a node that has ended: raises how far it goes, and says whether it starts from where it was. */
function TrainFurther({ nodeId }: { nodeId: string }) {
  const moduleId = useDocument((state) => state.nodes[nodeId]?.module ?? '');
  const spec = useModuleSpec(moduleId);
  const wanted =
    (spec as { extendable?: readonly string[] } | undefined)?.extendable?.[0] ?? EXTENDABLE[moduleId];
  const parameter = spec?.parameters.find(({ id }) => id === wanted);
  const ran = useRunState(({ run }) => run?.document.nodes.find(({ id }) => id === nodeId)?.parameters);
  if (parameter === undefined || ran === undefined) return null;
  const before = parameterValue(parameter, ran);
  return typeof before === 'number' ? (
    <Further key={before} nodeId={nodeId} parameter={parameter} before={before} />
  ) : null;
}

interface FurtherProps {
  nodeId: string;
  parameter: ParameterSpec;
  before: number;
}

function Further({ nodeId, parameter, before }: FurtherProps) {
  const id = useId();
  const now = useDocument((state) => parameterValue(parameter, state.nodes[nodeId]?.parameters ?? {}));
  const [open, setOpen] = useState(false);
  const raised = typeof now === 'number' && now > before;
  const freshness = useFreshness(nodeId);
  const set = (value: number | string | null) => {
    documentStore.getState().setParameter(nodeId, parameter.id, value);
  };
  if (!open && !raised) {
    return (
      <Button
        size="sm"
        variant="ghost"
        icon={<ChevronsRight />}
        className={styles.further ?? ''}
        onClick={() => {
          documentStore.getState().endBurst();
          set(before + Math.max(1, Math.round(before / 2)));
          setOpen(true);
        }}
      >
        Train further
      </Button>
    );
  }
  return (
    <div className={styles.box}>
      <label htmlFor={id}>
        {parameter.label} {before} →
      </label>
      <span className={styles.number}>
        <NumberField
          id={id}
          value={typeof now === 'number' || typeof now === 'string' ? now : null}
          onValueChange={set}
          minimum={before + 1}
          integer
          onBlur={() => {
            documentStore.getState().endBurst();
          }}
        />
      </span>
      <Button
        size="sm"
        variant="primary"
        icon={<Play />}
        disabled={!raised}
        onClick={() => {
          runCommand('run.submit');
        }}
      >
        Submit
      </Button>
      {raised && freshness?.kind === 'stale' && freshness.note === undefined && (
        <p className={styles.warning}>It can’t go on from where it was; it starts from the beginning.</p>
      )}
    </div>
  );
}
