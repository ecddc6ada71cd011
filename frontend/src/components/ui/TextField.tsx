import { Search, X } from 'lucide-react';
import type { InputHTMLAttributes, Ref, TextareaHTMLAttributes } from 'react';
import styles from './TextField.module.css';
import { cx } from './cx';

export interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'size'> {
  invalid?: boolean;
  ref?: Ref<HTMLInputElement>;
}

export function TextField({ invalid = false, className, ...rest }: TextFieldProps) {
  return (
    <input
      type="text"
      autoComplete="off"
      spellCheck={false}
      className={cx(styles.field, className)}
      aria-invalid={invalid || undefined}
      {...rest}
    />
  );
}

interface TextAreaProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  invalid?: boolean;
}

export function TextArea({ invalid = false, className, ...rest }: TextAreaProps) {
  return (
    <textarea
      rows={3}
      className={cx(styles.field, styles.area, className)}
      aria-invalid={invalid || undefined}
      {...rest}
    />
  );
}

interface SearchFieldProps {
  value: string;
  onValueChange: (value: string) => void;
  label: string;
  placeholder?: string;
  autoFocus?: boolean;
  onKeyDown?: InputHTMLAttributes<HTMLInputElement>['onKeyDown'];
  ref?: Ref<HTMLInputElement>;
}

/** A field that filters what lies below it; Escape empties it. */
export function SearchField({
  value,
  onValueChange,
  label,
  placeholder,
  onKeyDown,
  ...rest
}: SearchFieldProps) {
  return (
    <div className={styles.search}>
      <Search aria-hidden />
      <input
        type="text"
        role="searchbox"
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        placeholder={placeholder ?? label}
        className={styles.field}
        value={value}
        onChange={(event) => onValueChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && value !== '') {
            event.stopPropagation();
            onValueChange('');
          }
          onKeyDown?.(event);
        }}
        {...rest}
      />
      {value !== '' && (
        <button
          type="button"
          className={styles.clear}
          aria-label="Clear the search"
          onClick={() => onValueChange('')}
        >
          <X />
        </button>
      )}
    </div>
  );
}
