import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';

import { describedBy, Field } from '@/components/ui/Field';
import { Select } from '@/components/ui/Select';
import { Switch } from '@/components/ui/Switch';
import { TextArea, TextField } from '@/components/ui/TextField';

import { placeholderOf, type OptionField, type Values } from './optionFields';
import styles from './TargetDialog.module.css';

interface OptionFieldsProps {
  idPrefix: string;
  fields: readonly OptionField[];
  values: Values;
  faults: Readonly<Record<string, string>>;
  /** Stands after what is needed and before what may be left alone. */
  between: ReactNode;
  onChange: (name: string, value: string | boolean) => void;
}

/** The options of a kind of target: what is needed first, the rest folded away. */
export function OptionFields({ idPrefix, fields, values, faults, between, onChange }: OptionFieldsProps) {
  const draw = (field: OptionField) => (
    <One
      key={field.name}
      id={`${idPrefix}-${field.name}`}
      field={field}
      value={values[field.name] ?? ''}
      error={faults[field.name]}
      onChange={(value) => onChange(field.name, value)}
    />
  );
  const needed = fields.filter((field) => field.required);
  const others = fields.filter((field) => !field.required);
  const set = others.filter(({ name, kind }) => kind !== 'flag' && (values[name] ?? '') !== '').length;
  return (
    <>
      {needed.map(draw)}
      {between}
      {others.length > 0 && (
        <details className={styles.fold}>
          <summary>
            <ChevronRight aria-hidden />
            More options{' '}
            <span className={styles.quiet}>{set > 0 ? `${set} set` : 'all at their defaults'}</span>
          </summary>
          <div className={styles.folded}>{others.map(draw)}</div>
        </details>
      )}
    </>
  );
}

interface OneProps {
  id: string;
  field: OptionField;
  value: string | boolean;
  error: string | undefined;
  onChange: (value: string | boolean) => void;
}

function One({ id, field, value, error, onChange }: OneProps) {
  return (
    <Field
      id={id}
      label={field.label}
      hint={field.help}
      error={error}
      layout={field.kind === 'flag' ? 'row' : 'column'}
    >
      <Control id={id} field={field} value={value} error={error} onChange={onChange} />
    </Field>
  );
}

function Control({ id, field, value, error, onChange }: OneProps) {
  const text = typeof value === 'string' ? value : '';
  const invalid = error !== undefined;
  switch (field.kind) {
    case 'flag':
      return (
        <Switch id={id} checked={value === true} onCheckedChange={onChange} describedBy={describedBy(id)} />
      );
    case 'choice':
      return (
        <Select
          id={id}
          value={text === '' ? null : text}
          options={field.choices.map((choice) => ({ value: choice, label: choice }))}
          invalid={invalid}
          describedBy={describedBy(id)}
          onValueChange={onChange}
        />
      );
    case 'list':
    case 'json':
      return (
        <TextArea
          id={id}
          rows={2}
          spellCheck={false}
          className={styles.code}
          value={text}
          invalid={invalid}
          placeholder={
            field.kind === 'list' ? 'one on each line' : placeholderOf(field) || '{"key": "value"}'
          }
          aria-describedby={describedBy(id)}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    default:
      return (
        <TextField
          id={id}
          inputMode={field.kind === 'integer' ? 'numeric' : field.kind === 'number' ? 'decimal' : undefined}
          value={text}
          invalid={invalid}
          placeholder={placeholderOf(field)}
          aria-describedby={describedBy(id)}
          aria-required={field.required || undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}
