import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { useModuleSpec } from '@/lib/modules/catalog';
import type { ModuleFlowNode } from './flowStore';
import { MissingModule } from './MissingModule';
import { NodeFrame } from './NodeFrame';
import { ParameterSummary } from './ParameterSummary';
import { Ports } from './Ports';

/** Draws every module, from its declaration. Where a node lies is none of its business: a drag doesn't draw it anew. */
export const ModuleNode = memo(
  function ModuleNode({ id, data, selected }: NodeProps<ModuleFlowNode>) {
    const spec = useModuleSpec(data.moduleId);
    if (!spec) return <MissingModule nodeId={id} moduleId={data.moduleId} selected={selected} />;
    return (
      <NodeFrame
        nodeId={id}
        moduleId={spec.id}
        title={spec.title}
        selected={selected}
        learns={spec.distributed}
        inputs={<Ports nodeId={id} side="input" ports={spec.inputs} />}
        outputs={<Ports nodeId={id} side="output" ports={spec.outputs} />}
      >
        <ParameterSummary nodeId={id} spec={spec} />
      </NodeFrame>
    );
  },
  (before, after) =>
    before.id === after.id &&
    before.selected === after.selected &&
    before.data.moduleId === after.data.moduleId,
);
