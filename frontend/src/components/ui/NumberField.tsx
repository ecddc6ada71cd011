import { useState } from 'react';
import { type Bounds, parseNumber, stepNumber } from './numberText';
import styles from './NumberField.module.css';
import { TextField, type TextFieldProps } from './TextField';

interface NumberFieldProps extends Omit<TextFieldProps, 'value' | 'onChange' | 'type'>, Bounds {
  /** Text that is no number is kept as it was typed; null is an empty field. */
  value: number | string | null;
  onValueChange: (value: number | string | null) => void;
  unit?: string | undefined;
}

/**
 * A number typed as text, so that `1e-3` and half-typed values are allowed. Arrow up and down step it (with Shift
 * ten times as far).
 */
export function NumberField(props: NumberFieldProps) {
  const { value, onValueChange, unit, minimum, maximum, integer, onBlur, onKeyDown, ...rest } = props;
  const [typed, setTyped] = useState<{ text: string; over: typeof value; taken: boolean } | null>(null);
  // The typed text stays while it means the value, or while the owner has not taken it.
  const means = typed !== null && read(typed.text) === value;
  const stays = typed !== null && (means || (typed.over === value && !typed.taken));
  if (means && !typed.taken) setTyped({ ...typed, taken: true });
  const text = stays ? typed.text : value === null ? '' : String(value);
  return (
    <div className={styles.wrap}>
      <TextField
        inputMode={integer === true ? 'numeric' : 'decimal'}
        {...rest}
        value={text}
        onChange={(event) => {
          setTyped({ text: event.target.value, over: value, taken: false });
          onValueChange(read(event.target.value));
        }}
        onBlur={(event) => {
          setTyped(null);
          onBlur?.(event);
        }}
        onKeyDown={(event) => {
          const direction = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : null;
          const present = parseNumber(text);
          if (direction !== null && present !== null) {
            event.preventDefault();
            setTyped(null);
            onValueChange(stepNumber(present, direction, event.shiftKey, { minimum, maximum, integer }));
          }
          onKeyDown?.(event);
        }}
      />
      {unit !== undefined && unit !== '' && (
        <span className={styles.unit} aria-hidden>
          {unit}
        </span>
      )}
    </div>
  );
}

function read(text: string): number | string | null {
  return text.trim() === '' ? null : (parseNumber(text) ?? text);
}
