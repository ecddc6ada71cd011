import { memo } from 'react';

import { EmptyState } from '@/components/ui/EmptyState';
import list from '@/components/ui/List.module.css';
import { ProgressBar } from '@/components/ui/ProgressBar';
import { Skeleton } from '@/components/ui/Skeleton';
import { timeLeft } from '@/lib/run/format';
import { useRunNodeTitle } from '@/lib/run/nodeNames';
import { useNodeRun, useRunState } from '@/lib/run/runStore';
import { readingOrder } from '@/lib/run/readingOrder';
import { useConnection } from '@/services/socket';

import { MiniCurves } from './MiniCurves';
import { firstLine, part, progressWords, stateWords } from './nodeWords';
import styles from './RunOutline.module.css';
import { StateIcon } from './StateIcon';

interface RunOutlineProps {
  selected?: string | null;
  onSelect: (nodeId: string) => void;
}

/** The run as a list in the order of its flow: what a narrow screen or a screen reader has in place of the canvas. */
export function RunOutline({ selected = null, onSelect }: RunOutlineProps) {
  const document = useRunState((view) => view.run?.document);
  const runId = useRunState((view) => view.runId);
  if (runId === null) {
    return (
      <EmptyState title="No run to watch">Submit the pipeline to see its nodes at work here.</EmptyState>
    );
  }
  if (document === undefined) {
    return (
      <div className={styles.loading}>
        <Skeleton height={44} lines={8} />
      </div>
    );
  }
  return (
    <ol className={list.list} aria-label="Nodes of the run">
      {readingOrder(document).map((nodeId) => (
        <Row key={nodeId} nodeId={nodeId} selected={nodeId === selected} onSelect={onSelect} />
      ))}
    </ol>
  );
}

interface RowProps {
  nodeId: string;
  selected: boolean;
  onSelect: (nodeId: string) => void;
}

const Row = memo(function Row({ nodeId, selected, onSelect }: RowProps) {
  const node = useNodeRun(nodeId);
  const title = useRunNodeTitle(nodeId);
  const lost = useConnection(({ status }) => status === 'lost');
  if (node === undefined) return null;
  const running = node.status === 'running';
  const left = node.progress?.seconds_left ?? null;
  return (
    <li className={list.row} data-shown={selected || undefined}>
      <button
        type="button"
        className={list.main}
        aria-current={selected || undefined}
        data-status={node.status}
        onClick={() => {
          onSelect(nodeId);
        }}
      >
        <StateIcon status={node.status} reused={node.reused} stale={lost && running} size={16} />
        <span className={list.text}>
          <span className={list.head}>
            <span className={list.name}>{title}</span>
            <span className={styles.state}>
              {running && left !== null && !lost ? timeLeft(left) : stateWords(node)}
            </span>
          </span>
          {running && (
            <span className={styles.progress}>
              <ProgressBar
                label={`Progress of ${title ?? nodeId}`}
                value={lost ? (part(node.progress) ?? 0) : part(node.progress)}
                tone={lost ? 'neutral' : 'accent'}
              />
              <span className={styles.state}>{progressWords(node.progress)}</span>
            </span>
          )}
          {node.error !== null && <span className={styles.error}>{firstLine(node.error.message)}</span>}
          {node.metrics.filter(({ axis }) => axis === 'epoch').length > 1 && (
            <span className={styles.curves}>
              <MiniCurves metrics={node.metrics} />
            </span>
          )}
        </span>
      </button>
    </li>
  );
});
