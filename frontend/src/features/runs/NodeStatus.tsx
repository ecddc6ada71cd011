import { memo } from 'react';

import { Tooltip } from '@/components/ui/Tooltip';
import { useRunNodeTitle } from '@/lib/run/nodeNames';
import { useNodeRun } from '@/lib/run/runStore';
import type { NodeRun } from '@/lib/run/types';
import { useConnection } from '@/services/socket';

import { firstLine, stateWords } from './nodeWords';
import styles from './NodeStatus.module.css';
import { StateIcon } from './StateIcon';

interface NodeSlotProps {
  nodeId: string;
  moduleId: string;
}

/** A node's state in the run that is shown, small enough for its title bar; nothing where there is no run. */
export const NodeStatus = memo(function NodeStatus({ nodeId }: NodeSlotProps) {
  const node = useNodeRun(nodeId);
  return node === undefined ? null : <Status node={node} />;
});

function Status({ node }: { node: NodeRun }) {
  const lost = useConnection(({ status }) => status === 'lost');
  const stale = lost && node.status === 'running';
  const words = stale ? 'Running when last heard of' : stateWords(node);
  return (
    <Tooltip content={<Details node={node} words={words} />} side="top">
      <span className={styles.status} role="img" aria-label={words} data-status={node.status}>
        <StateIcon status={node.status} reused={node.reused} stale={stale} size={15} />
      </span>
    </Tooltip>
  );
}

function Details({ node, words }: { node: NodeRun; words: string }) {
  const because = useRunNodeTitle(node.skipped_because);
  return (
    <div className={styles.details}>
      <strong>{words}</strong>
      {node.skipped_because !== null && <span>Because {because} did not complete.</span>}
      {node.error !== null && <span>{firstLine(node.error.message)}</span>}
      {node.why !== null && !node.reused && <span>Ran because: {node.why}</span>}
      {node.reused && <span>Nothing it depends on has changed.</span>}
      {node.target !== null && <span>On {node.target}</span>}
    </div>
  );
}
