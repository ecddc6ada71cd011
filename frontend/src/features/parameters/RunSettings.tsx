import { useId } from 'react';
import { describedBy, Field } from '@/components/ui/Field';
import { NumberField } from '@/components/ui/NumberField';
import { Switch } from '@/components/ui/Switch';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import type { ModuleSpec } from '@/services/types.generated';
import type { Resources } from '@/lib/document/types';
import { useNodeFaults } from '@/lib/document/faultStore';
import { type Limits, limitsOf } from '@/lib/targets/resources';
import { useTargets } from '@/services/queries/useTargets';
import { effectiveText } from './effective';
import { useFoldedSections } from './foldedSections';
import { Section } from './Section';
import { TargetSelect } from './TargetSelect';

interface RunSettingsProps {
  nodeId: string;
  spec: ModuleSpec;
}

/** Where and how a node runs: not parameters of its module, and no reason to compute anything anew. */
export function RunSettings({ nodeId, spec }: RunSettingsProps) {
  const id = useId();
  const node = useDocument((state) => state.nodes[nodeId]);
  const defaultTarget = useDocument((state) => state.defaultComputeTarget);
  const { data: targets = [] } = useTargets();
  const faults = useNodeFaults(nodeId);
  const folded = useFoldedSections();
  if (!node) return null;

  const { setComputeTarget, setRegenerateOutput } = documentStore.getState();
  const otherTarget = targets.find((target) => target.id !== defaultTarget && target.available);
  const targetFault = faults.find(
    (fault) => fault.parameter === 'compute_target' || fault.name === 'ComputeTargetUnavailableError',
  );
  const defaultTitle = targets.find((target) => target.id === defaultTarget)?.title ?? defaultTarget;
  const target = targets.find(({ id: one }) => one === (node.compute_target ?? defaultTarget));
  return (
    <Section
      title="Run settings"
      open={folded.open['run-settings'] ?? true}
      onOpenChange={(open) => folded.setOpen('run-settings', open)}
    >
      <Field
        id={`${id}-other`}
        layout="row"
        label="Use other compute target"
        hint={node.compute_target === null ? `Runs on the pipeline’s default, ${defaultTitle}.` : undefined}
      >
        <Switch
          id={`${id}-other`}
          checked={node.compute_target !== null}
          onCheckedChange={(other) =>
            setComputeTarget(nodeId, other ? (otherTarget?.id ?? defaultTarget) : null)
          }
        />
      </Field>
      {node.compute_target !== null && (
        <Field id={`${id}-target`} label="Compute target" error={targetFault?.message}>
          <TargetSelect
            id={`${id}-target`}
            value={node.compute_target}
            onValueChange={(target) => setComputeTarget(nodeId, target)}
          />
        </Field>
      )}
      {spec.distributed && (
        <ResourceFields
          nodeId={nodeId}
          resources={node.resources}
          limits={limitsOf(target)}
          effective={effectiveText(spec, node.parameters, node.resources)}
        />
      )}
      <Field
        id={`${id}-regenerate`}
        layout="row"
        label="Regenerate output"
        hint="Run this node even when an earlier output could be reused."
      >
        <Switch
          id={`${id}-regenerate`}
          checked={node.regenerate_output}
          onCheckedChange={(regenerate) => setRegenerateOutput(nodeId, regenerate)}
        />
      </Field>
    </Section>
  );
}

const LIMITS = { node_count: 1000, process_count_per_node: 256 } as const;

interface ResourceFieldsProps {
  nodeId: string;
  resources: Resources;
  limits: Limits;
  effective: string | undefined;
}

function ResourceFields({ nodeId, resources, limits, effective }: ResourceFieldsProps) {
  const { machines, nodeHint, processHint } = limits;
  const tooMany = machines !== null && resources.node_count > machines;
  const fields = [
    { key: 'node_count', label: 'Node count', hint: nodeHint, invalid: tooMany },
    {
      key: 'process_count_per_node',
      label: 'Process count per node',
      hint: [effective && `${effective}.`, processHint].filter(Boolean).join(' '),
      invalid: false,
    },
  ] as const;
  return fields.map(({ key, label, hint, invalid }) => {
    const id = `field-${nodeId}-${key}`;
    return (
      <Field key={key} id={id} label={label} {...(invalid ? { error: hint } : { hint })}>
        <NumberField
          id={id}
          integer
          invalid={invalid}
          aria-describedby={describedBy(id)}
          minimum={1}
          maximum={LIMITS[key]}
          value={resources[key]}
          onValueChange={(value) => {
            // The document holds whole numbers only; anything else waits in the field until it is one.
            if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LIMITS[key]) {
              documentStore.getState().setResources(nodeId, { ...resources, [key]: value });
            }
          }}
          onBlur={() => documentStore.getState().endBurst()}
        />
      </Field>
    );
  });
}
