import { memo } from 'react';

import { Tooltip } from '@/components/ui/Tooltip';
import { useRunNodeTitle } from '@/lib/run/nodeNames';
import { failureWords } from '@/lib/run/failure';
import { useCancelling, useNodeRun } from '@/lib/run/runStore';
import type { NodeRun } from '@/lib/run/types';
import { useConnection } from '@/services/socket';

import { checkpointWords, resumedWords, stateWords } from './nodeWords';
import styles from './NodeStatus.module.css';
import { StateIcon } from './StateIcon';
import { useFreshness } from './useFreshness';

interface NodeSlotProps {
  nodeId: string;
  moduleId: string;
}

/** A node's state in the run that is shown, small enough for its title bar; nothing where there is no run. */
export const NodeStatus = memo(function NodeStatus({ nodeId }: NodeSlotProps) {
  const node = useNodeRun(nodeId);
  return node === undefined ? null : <Status nodeId={nodeId} node={node} />;
});

function Status({ nodeId, node }: { nodeId: string; node: NodeRun }) {
  const lost = useConnection(({ status }) => status === 'lost');
  const cancelling = useCancelling(nodeId);
  const stale = lost && node.status === 'running';
  const words = stale ? 'Running when last heard of' : cancelling ? 'Cancelling' : stateWords(node);
  return (
    <Tooltip content={<Details nodeId={nodeId} node={node} words={words} />} side="top">
      <span className={styles.status} role="img" aria-label={words} data-status={node.status}>
        <StateIcon status={node.status} reused={node.reused} stale={stale} size={15} />
      </span>
    </Tooltip>
  );
}

function Details({ nodeId, node, words }: { nodeId: string; node: NodeRun; words: string }) {
  const because = useRunNodeTitle(node.skipped_because);
  const freshness = useFreshness(nodeId);
  const notes = [resumedWords(node, null), checkpointWords(node)].filter((note) => note !== null);
  return (
    <div className={styles.details}>
      <strong>{words}</strong>
      {node.skipped_because !== null && <span>Because {because} did not complete.</span>}
      {node.error !== null && <span>{failureWords(node.error)}</span>}
      {notes.map((note) => (
        <span key={note}>{note.charAt(0).toUpperCase() + note.slice(1)}</span>
      ))}
      {node.why !== null && !node.reused && <span>Ran because: {node.why}</span>}
      {node.reused && <span>Nothing it depends on has changed.</span>}
      {node.target !== null && <span>On {node.target}</span>}
      {freshness !== null && <span>{freshness.long}</span>}
    </div>
  );
}
