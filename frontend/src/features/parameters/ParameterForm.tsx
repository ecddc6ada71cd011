import { Badge } from '@/components/ui/Badge';
import { Button } from '@/components/ui/Button';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { faultStore, useNodeFaults } from '@/lib/document/faultStore';
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

const NO_PARAMETERS = {};

/** The parameters of a node, made from its module's declaration. */
export function ParameterForm({ nodeId, spec }: ParameterFormProps) {
  const given = useDocument((state) => state.nodes[nodeId]?.parameters ?? NO_PARAMETERS);
  const faults = useNodeFaults(nodeId);
  const folded = useFoldedSections();
  const sections = sectionsOf(spec, given);

  const wrongIn = (section: SectionOf) =>
    section.parameters.filter(
      ({ parameter }) =>
        faults.some((fault) => fault.parameter === parameter.id) ||
        (Object.hasOwn(given, parameter.id) &&
          checkParameter(parameter, parameterValue(parameter, given)) !== null),
    ).length;

  const changed = sections.reduce((sum, section) => sum + changedCount(section.parameters, given), 0);
  return (
    <>
      {sections.map((section) => {
        const key = `${spec.id}:${section.title}`;
        const wrong = wrongIn(section);
        const edited = changedCount(section.parameters, given);
        const open = folded.open[key] ?? (section.title === '' || !/advanced/i.test(section.title));
        return (
          <Section
            key={key}
            title={section.title === '' ? 'Parameters' : section.title}
            open={open || (wrong > 0 && faults.some((fault) => fault.parameter !== undefined))}
            onOpenChange={(next) => folded.setOpen(key, next)}
            aside={
              <span className={styles.aside}>
                {wrong > 0 && <Badge tone="danger">{wrong} to mend</Badge>}
                {!open && edited > 0 && <Badge>{edited} changed</Badge>}
                {section === sections[0] && changed > 0 && (
                  <Button variant="ghost" size="sm" onClick={() => resetAll(nodeId, spec)}>
                    Reset all
                  </Button>
                )}
              </span>
            }
          >
            {section.parameters.map(({ parameter, depth }) => (
              <ParameterField
                key={`${nodeId}:${parameter.id}`}
                nodeId={nodeId}
                parameter={parameter}
                depth={depth}
              />
            ))}
          </Section>
        );
      })}
    </>
  );
}

/** Required values have no default to go back to, so they stay. */
function resetAll(nodeId: string, spec: ModuleSpec): void {
  const { nodes, batch, resetParameter } = documentStore.getState();
  const given = nodes[nodeId]?.parameters ?? {};
  batch(`Reset the parameters of ${nodes[nodeId]?.label || spec.title}`, () => {
    for (const parameter of spec.parameters) {
      if (!parameter.required && Object.hasOwn(given, parameter.id)) resetParameter(nodeId, parameter.id);
    }
  });
  for (const parameter of spec.parameters) faultStore.getState().edited(nodeId, parameter.id);
}
