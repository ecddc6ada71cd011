import { Handle, Position } from '@xyflow/react';
import type { Node, NodeProps } from '@xyflow/react';
import { memo } from 'react';

import { Badge } from '@/components/ui/Badge';
import { useModuleSpec } from '@/lib/modules/catalog';
import { ModuleIcon } from '@/lib/modules/ModuleIcon';

import { NodeFace } from './NodeFace';
import { NodeStatus } from './NodeStatus';
import styles from './SubmittedNode.module.css';
import type { Change } from './submittedChanges';

export type SubmittedNodeType = Node<{ moduleId: string; label: string; change: Change }, 'submitted'>;

/** A node as it was submitted: looked at, not edited. */
export const SubmittedNode = memo(function SubmittedNode({
  id,
  data,
  selected,
}: NodeProps<SubmittedNodeType>) {
  const spec = useModuleSpec(data.moduleId);
  return (
    <div className={styles.node} data-selected={selected || undefined}>
      {spec?.inputs.map((port, index) => (
        <Handle
          key={port.id}
          id={port.id}
          type="target"
          position={Position.Top}
          isConnectable={false}
          className={styles.port ?? ''}
          style={{ left: place(index, spec.inputs.length) }}
        />
      ))}
      <header className={styles.head}>
        <ModuleIcon moduleId={data.moduleId} />
        <span className={styles.title}>{data.label || (spec?.title ?? data.moduleId)}</span>
        {data.change !== 'same' && (
          <Badge tone="warning">{data.change === 'edited' ? 'edited since' : 'removed since'}</Badge>
        )}
        <NodeStatus nodeId={id} moduleId={data.moduleId} />
      </header>
      <NodeFace nodeId={id} moduleId={data.moduleId} />
      {spec?.outputs.map((port, index) => (
        <Handle
          key={port.id}
          id={port.id}
          type="source"
          position={Position.Bottom}
          isConnectable={false}
          className={styles.port ?? ''}
          style={{ left: place(index, spec.outputs.length) }}
        />
      ))}
    </div>
  );
});

function place(index: number, count: number): string {
  return `${((index + 1) / (count + 1)) * 100}%`;
}
