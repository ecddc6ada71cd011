import { Badge } from '@/components/ui/Badge';
import { Button } from '@/components/ui/Button';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { faultStore, useNodeFaults, type Fault } from '@/lib/document/faultStore';
import type { ParameterValue } from '@/lib/document/types';
import { useNodeRemarks } from '@/lib/facts/factsStore';
import { parameterValue } from '@/lib/modules/catalog';
import type { ModuleSpec } from '@/services/types.generated';
import { checkParameter } from './checkParameter';
import { useFoldedSections } from './foldedSections';
import { ParameterField } from './ParameterField';
import styles from './ParameterForm.module.css';
import { Section } from './Section';
import { changedCount, sectionsOf, type Section as SectionOf } from './sections';

interface ParameterFormProps {
  nodeId: string;
  spec: ModuleSpec;
}

type Given = Readonly<Record<string, ParameterValue>>;

const NO_PARAMETERS: Given = {};

/** The parameters of a node, made from its module's declaration. */
export function ParameterForm({ nodeId, spec }: ParameterFormProps) {
  const given = useDocument((state) => state.nodes[nodeId]?.parameters ?? NO_PARAMETERS);
  const faults = useNodeFaults(nodeId);
  const remarks = useNodeRemarks(nodeId);
  const folded = useFoldedSections();
  const sections = sectionsOf(spec, given);
  const total = sections.reduce((sum, section) => sum + section.parameters.length, 0);
  const changed = sections.reduce((sum, section) => sum + changedCount(section.parameters, given), 0);

  if (total === 0) return <p className={styles.none}>This module has no parameters.</p>;
  return (
    <>
      <div className={styles.summary}>
        <span>
          {changed === 0
            ? `${total} ${total === 1 ? 'parameter' : 'parameters'}`
            : `${changed} of ${total} changed from the default`}
        </span>
        <Button variant="ghost" size="sm" disabled={changed === 0} onClick={() => resetAll(nodeId, spec)}>
          Reset all
        </Button>
      </div>
      {sections.map((section) => {
        const fields = section.parameters.map(({ parameter, depth }) => (
          <ParameterField key={parameter.id} nodeId={nodeId} parameter={parameter} depth={depth} />
        ));
        if (section.title === '') {
          return (
            <div key="" className={styles.plain}>
              {fields}
            </div>
          );
        }
        const key = `${spec.id}:${section.title}`;
        const wrong = wrongCount(section, given, faults);
        const edited = changedCount(section.parameters, given);
        const remarked = section.parameters.some(({ parameter }) =>
          remarks.some((remark) => remark.parameter === parameter.id && remark.severity !== 'note'),
        );
        const open = wrong > 0 || remarked || (folded.open[key] ?? !/advanced/i.test(section.title));
        return (
          <Section
            key={key}
            title={section.title}
            open={open}
            onOpenChange={(next) => folded.setOpen(key, next)}
            aside={
              <>
                {wrong > 0 && <Badge tone="danger">{wrong} to mend</Badge>}
                {!open && edited > 0 && <Badge>{edited} changed</Badge>}
              </>
            }
          >
            {fields}
          </Section>
        );
      })}
    </>
  );
}

/** A section with a fault in it can't be folded, so that nobody looks for it in vain. */
function wrongCount(section: SectionOf, given: Given, faults: readonly Fault[]): number {
  return section.parameters.filter(
    ({ parameter }) =>
      faults.some((fault) => fault.parameter === parameter.id) ||
      (Object.hasOwn(given, parameter.id) &&
        checkParameter(parameter, parameterValue(parameter, given)) !== null),
  ).length;
}

/** Required values have no default to go back to, so they stay. */
function resetAll(nodeId: string, spec: ModuleSpec): void {
  const { nodes, batch, resetParameter } = documentStore.getState();
  const node = nodes[nodeId];
  if (!node) return;
  batch(`Reset the parameters of ${node.label || spec.title}`, () => {
    for (const parameter of spec.parameters) {
      if (!parameter.required && Object.hasOwn(node.parameters, parameter.id)) {
        resetParameter(nodeId, parameter.id);
      }
    }
  });
  for (const parameter of spec.parameters) faultStore.getState().edited(nodeId, parameter.id);
}
