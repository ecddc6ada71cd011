import { RotateCcw } from 'lucide-react';
import { memo } from 'react';
import { Badge } from '@/components/ui/Badge';
import { describedBy, Field } from '@/components/ui/Field';
import { IconButton } from '@/components/ui/IconButton';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { faultStore, useNodeFaults } from '@/lib/document/faultStore';
import { valueWords } from '@/lib/document/valueWords';
import { useNodeRemarks } from '@/lib/facts/factsStore';
import { RemarkList } from '@/lib/facts/RemarkList';
import { parameterValue } from '@/lib/modules/catalog';
import type { ParameterSpec } from '@/services/types.generated';
import { checkParameter, rangeSigns } from './checkParameter';
import { fieldId } from './fieldId';
import styles from './ParameterField.module.css';
import { WIDGETS } from './widgets';

interface ParameterFieldProps {
  nodeId: string;
  parameter: ParameterSpec;
  depth: number;
}

const NO_PARAMETERS = {};

/** One parameter: its control, what it means, what is wrong with it, and the way back to its default. */
export const ParameterField = memo(function ParameterField({
  nodeId,
  parameter,
  depth,
}: ParameterFieldProps) {
  const given = useDocument((state) => state.nodes[nodeId]?.parameters ?? NO_PARAMETERS);
  const faults = useNodeFaults(nodeId);
  const remarks = useNodeRemarks(nodeId).filter((remark) => remark.parameter === parameter.id);
  const value = parameterValue(parameter, given);
  const changed = !parameter.required && Object.hasOwn(given, parameter.id);
  const untouched = parameter.required && !Object.hasOwn(given, parameter.id);
  const fault = faults.find((one) => one.parameter === parameter.id);
  const wrong = untouched ? null : checkParameter(parameter, value);
  const error = wrong ?? (fault && [fault.message, fault.hint].filter(Boolean).join(' '));
  const said = remarks.some(({ text }) => text === error); // once is enough, and the remark has the fix
  const id = fieldId(nodeId, parameter.id);
  const Widget = WIDGETS[parameter.kind];

  return (
    <div className={styles.parameter} data-depth={depth}>
      <Field
        id={id}
        layout={parameter.kind === 'flag' ? 'row' : 'column'}
        label={
          <>
            {parameter.label}
            {changed && <span className={styles.mark} title="Differs from the default" />}
          </>
        }
        actions={
          <>
            {untouched && <Badge tone="warning">Required</Badge>}
            {changed && (
              <IconButton
                label={`Reset ${parameter.label} to ${valueWords(parameter.default, 'empty')}`}
                size="sm"
                icon={<RotateCcw />}
                className={styles.reset}
                onClick={() => {
                  documentStore.getState().resetParameter(nodeId, parameter.id);
                  faultStore.getState().edited(nodeId, parameter.id);
                }}
              />
            )}
          </>
        }
        hint={parameter.help}
        facts={factsOf(parameter)}
        error={said ? undefined : error}
      >
        <Widget
          id={id}
          parameter={parameter}
          value={value}
          invalid={error !== undefined}
          describedBy={remarks.length > 0 ? `${describedBy(id)} ${id}-remarks` : describedBy(id)}
          onChange={(next) => {
            documentStore.getState().setParameter(nodeId, parameter.id, next);
            faultStore.getState().edited(nodeId, parameter.id);
          }}
          onLeave={() => documentStore.getState().endBurst()}
        />
      </Field>
      {remarks.length > 0 && (
        <div className={styles.remarks}>
          <RemarkList remarks={remarks} label={`Remarks about ${parameter.label}`} id={`${id}-remarks`} />
        </div>
      )}
    </div>
  );
});

/** Range and default, as short as can be. */
function factsOf(parameter: ParameterSpec): string {
  const isNumber = parameter.kind === 'integer' || parameter.kind === 'number';
  const hasDefault = !parameter.required && parameter.kind !== 'flag' && parameter.default !== '';
  return [
    isNumber && rangeSigns(parameter),
    hasDefault && `default ${valueWords(parameter.default, 'empty')}`,
  ]
    .filter(Boolean)
    .join(' · ');
}
