import { memo } from 'react';
import type { ReactNode } from 'react';

import { ProgressBar } from '@/components/ui/ProgressBar';
import { bestIndex, curvesOf } from '@/lib/run/curves';
import { count, counted, duration, percent, timeLeft } from '@/lib/run/format';
import { useNodeOutputs, useRunNodeTitle } from '@/lib/run/nodeNames';
import type { OutputRef } from '@/lib/run/nodeNames';
import { useCancelling, useNodeRun } from '@/lib/run/runStore';
import type { NodeRun } from '@/lib/run/types';
import { failureWords } from '@/lib/run/failure';
import { usePreview } from '@/services/queries/usePreview';
import { useElsewhere, usePlaceWords } from '@/lib/targets/place';
import { useConnection } from '@/services/socket';
import type { ImageDirectoryPreview, ScoredPreview } from '@/services/types.generated';

import { FreshnessLine } from './FreshnessLine';
import { MiniCurves } from './MiniCurves';
import styles from './NodeFace.module.css';
import { checkpointWords, firstUpper, part, progressWords, resumedWords, stateWords } from './nodeWords';

interface NodeSlotProps {
  nodeId: string;
  moduleId: string;
}

/** Modules that learn: their curves have a place from the start, so that nothing moves when the first epoch ends. */
const LEARNS = 'train-pytorch-model';

/**
 * What a node has to say while it runs and afterwards: how far it is, its curves, its figures, or what went wrong.
 * It keeps one height throughout a run.
 */
export const NodeFace = memo(function NodeFace({ nodeId, moduleId }: NodeSlotProps) {
  return (
    <>
      <RunFace nodeId={nodeId} moduleId={moduleId} />
      <FreshnessLine nodeId={nodeId} />
    </>
  );
});

function RunFace({ nodeId, moduleId }: NodeSlotProps) {
  const node = useNodeRun(nodeId);
  const elsewhere = useElsewhere(nodeId) !== null;
  if (node === undefined) return null;
  const learns = moduleId === LEARNS || node.metrics.filter(({ axis }) => axis === 'epoch').length > 1;
  return (
    <div className={styles.face} data-testid="node-face">
      {learns && <MiniCurves metrics={node.metrics} />}
      <Line nodeId={nodeId} node={node} />
      {elsewhere ? (
        <NotesElsewhere nodeId={nodeId} node={node} />
      ) : (
        learns && node.status === 'running' && <Notes node={node} place={null} />
      )}
    </div>
  );
}

function Line({ nodeId, node }: { nodeId: string; node: NodeRun }) {
  switch (node.status) {
    case 'running':
      return <Running nodeId={nodeId} node={node} />;
    case 'failed':
      return (
        <p className={styles.error} title={node.error?.message}>
          {node.error === null ? 'Failed' : failureWords(node.error)}
        </p>
      );
    case 'skipped':
      return <Skipped because={node.skipped_because} />;
    case 'completed':
      return <Figures nodeId={nodeId} node={node} />;
    default: {
      const words = stateWords(node);
      return (
        <p className={styles.words} title={words}>
          <span>{words}</span>
        </p>
      );
    }
  }
}

/** What a long node need not be afraid of; the line keeps its place, so that nothing moves at the first checkpoint. */
function Notes({ node, place }: { node: NodeRun; place: string | null }) {
  const notes = [
    place,
    (node.attempt ?? 1) > 1 && `attempt ${node.attempt}`,
    resumedWords(node, null),
    checkpointWords(node),
  ].filter((note) => typeof note === 'string');
  const words = notes.join(' · ');
  return (
    <p className={styles.notes} title={words}>
      {words.charAt(0).toUpperCase() + words.slice(1)}
    </p>
  );
}

/** A node on another target says so from the start of the run to its end. */
function NotesElsewhere({ nodeId, node }: { nodeId: string; node: NodeRun }) {
  return <Notes node={node} place={usePlaceWords(nodeId, node)} />;
}

function Running({ nodeId, node }: { nodeId: string; node: NodeRun }) {
  const cancelling = useCancelling(nodeId);
  const lost = useConnection(({ status }) => status === 'lost');
  const left = node.progress?.seconds_left ?? null;
  const done = part(node.progress);
  return (
    <div className={styles.running}>
      <div className={styles.words}>
        <span className={styles.message} title={node.waiting ?? undefined}>
          {cancelling
            ? 'Cancelling…'
            : node.waiting !== null
              ? firstUpper(node.waiting)
              : progressWords(node.progress)}
        </span>
        <span className={styles.left}>
          {lost ? 'no connection' : left !== null ? timeLeft(left) : done !== null ? percent(done, 0) : ''}
        </span>
      </div>
      {lost ? (
        <ProgressBar label="Progress when last heard of" value={done ?? 0} tone="neutral" />
      ) : (
        <ProgressBar label="Progress" value={done} />
      )}
    </div>
  );
}

function Skipped({ because }: { because: string | null }) {
  const title = useRunNodeTitle(because);
  const words = title === null ? 'Skipped' : `Skipped: ${title} did not complete`;
  return (
    <p className={styles.words} title={words}>
      <span>{words}</span>
    </p>
  );
}

function Figures({ nodeId, node }: { nodeId: string; node: NodeRun }) {
  const outputs = useNodeOutputs(nodeId);
  const accuracy = reported(node, 'accuracy');
  return (
    <div className={styles.words}>
      {accuracy !== null ? (
        <span>
          Accuracy <strong className={styles.figure}>{percent(accuracy)}</strong>
        </span>
      ) : (
        (learnt(node) ?? <Made outputs={outputs} />)
      )}
      <span className={node.reused ? styles.reused : styles.left} title={stateWords(node)}>
        {timeWords(node)}
      </span>
    </div>
  );
}

/** The epoch whose weights were kept, for a node that learns. */
function learnt(node: NodeRun): ReactNode {
  const curves = curvesOf(node.metrics, 'epoch');
  const best = bestIndex(curves);
  if (best === null) return null;
  return (
    <span>
      Best epoch {curves.x[best]} of {curves.x.length}
    </span>
  );
}

/** The icon says that it is done, so the time alone is enough. */
function timeWords(node: NodeRun): string {
  if (node.reused) return node.seconds_saved === null ? 'reused' : `saved ${duration(node.seconds_saved)}`;
  return node.seconds === null ? '' : duration(node.seconds);
}

/** A figure that the node told as a metric, the last time it did. */
function reported(node: NodeRun, name: string): number | null {
  return node.metrics.findLast((metric) => metric.values[name] != null)?.values[name] ?? null;
}

function Made({ outputs }: { outputs: readonly OutputRef[] }) {
  const images = outputs.filter((output) => output.type === 'ImageDirectory');
  if (images.length > 0) {
    return (
      <span>
        {images.map((output, index) => (
          <span key={output.port}>
            {index > 0 && ' + '}
            <ImageCount output={output} alone={images.length === 1} />
          </span>
        ))}
        {images.length > 1 && ' images'}
      </span>
    );
  }
  const table = outputs.find((output) => output.type === 'DataFrameDirectory');
  if (table !== undefined) return <RowCount output={table} />;
  return <span />;
}

function ImageCount({ output, alone }: { output: OutputRef; alone: boolean }) {
  const { data } = usePreview<ImageDirectoryPreview>(output, { limit: 1 });
  if (data === undefined) return '…';
  if (!alone) return count(data.total);
  const classes = data.labelled ? ` in ${counted(data.categories.length, 'class', 'classes')}` : '';
  return `${counted(data.total, 'image')}${classes}`;
}

function RowCount({ output }: { output: OutputRef }) {
  const { data } = usePreview<ScoredPreview>(output, { limit: 1 });
  if (data === undefined) return <span>…</span>;
  const accuracy = data.accuracy ?? null;
  return (
    <span>
      {counted(data.total, data.kind === 'scored' ? 'image' : 'row')}
      {accuracy !== null && `, ${percent(accuracy)} right`}
    </span>
  );
}
