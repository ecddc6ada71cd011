import type { ReactNode } from 'react';
import { NumberField } from '@/components/ui/NumberField';
import { Select } from '@/components/ui/Select';
import { Switch } from '@/components/ui/Switch';
import { TextField } from '@/components/ui/TextField';
import type { ParameterValue } from '@/lib/document/types';
import type { ParameterKind, ParameterSpec } from '@/services/types.generated';
import { DatasetPicker } from './DatasetPicker';

export interface WidgetProps {
  id: string;
  parameter: ParameterSpec;
  value: ParameterValue;
  invalid: boolean;
  describedBy: string | undefined;
  onChange: (value: ParameterValue) => void;
  /** The field was left: a burst of typing ends. */
  onLeave: () => void;
}

type Widget = (props: WidgetProps) => ReactNode;

/** The control for each kind of parameter. */
export const WIDGETS: Record<ParameterKind, Widget> = {
  integer: NumberWidget,
  number: NumberWidget,
  flag: ({ id, value, describedBy, onChange }) => (
    <Switch id={id} checked={value === true} onCheckedChange={onChange} describedBy={describedBy} />
  ),
  choice: ({ id, parameter, value, invalid, describedBy, onChange }) => (
    <Select
      id={id}
      value={typeof value === 'string' ? value : null}
      onValueChange={onChange}
      options={parameter.options.map((option) => ({ value: option, label: option }))}
      invalid={invalid}
      describedBy={describedBy}
    />
  ),
  text: ({ id, value, invalid, describedBy, onChange, onLeave }) => (
    <TextField
      id={id}
      value={value === null ? '' : String(value)}
      onChange={(event) => onChange(event.target.value)}
      onBlur={onLeave}
      invalid={invalid}
      aria-describedby={describedBy}
    />
  ),
  dataset: DatasetPicker,
};

function NumberWidget({ id, parameter, value, invalid, describedBy, onChange, onLeave }: WidgetProps) {
  return (
    <NumberField
      id={id}
      value={typeof value === 'boolean' ? null : value}
      onValueChange={onChange}
      onBlur={onLeave}
      integer={parameter.kind === 'integer'}
      minimum={smallest(parameter)}
      maximum={parameter.maximum}
      unit={parameter.unit}
      invalid={invalid}
      aria-describedby={describedBy}
    />
  );
}

/** The smallest value that stepping may reach; unknown where the bound itself is excluded and values are real. */
function smallest({ kind, minimum, exclusive_minimum: exclusive }: ParameterSpec): number | null {
  if (minimum === null || !exclusive) return minimum;
  return kind === 'integer' ? Math.floor(minimum) + 1 : null;
}
