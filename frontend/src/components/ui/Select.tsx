import { Check, ChevronDown } from 'lucide-react';
import { Select as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './Select.module.css';
import { cx } from './cx';

export interface SelectOption {
  value: string;
  label: string;
  hint?: string | undefined;
  disabled?: boolean;
}

interface SelectProps {
  value: string | null;
  onValueChange: (value: string) => void;
  options: readonly SelectOption[];
  /** The accessible name where no <label> points here by `id`. */
  label?: string;
  id?: string;
  placeholder?: string;
  icon?: ReactNode;
  invalid?: boolean;
  disabled?: boolean;
  quiet?: boolean;
  describedBy?: string | undefined;
  /** More about what is chosen, shown on hover. */
  title?: string | undefined;
  onOpen?: () => void;
  className?: string | undefined;
}

/** A list to choose one value from. */
export function Select(props: SelectProps) {
  const { value, onValueChange, options, label, id, placeholder = 'Choose…', icon } = props;
  const { invalid = false, disabled = false, quiet = false, describedBy, title, onOpen, className } = props;
  const chosen = options.find((option) => option.value === value);
  return (
    <Radix.Root
      value={value ?? ''}
      onValueChange={onValueChange}
      disabled={disabled}
      onOpenChange={(open) => {
        if (open) onOpen?.();
      }}
    >
      <Radix.Trigger
        className={cx(styles.trigger, quiet && styles.quiet, className)}
        id={id}
        title={title}
        aria-label={label}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
      >
        {icon}
        <span className={cx(styles.value, !chosen && styles.placeholder)}>
          <Radix.Value placeholder={placeholder}>{chosen?.label ?? value}</Radix.Value>
        </span>
        <Radix.Icon asChild>
          <ChevronDown className={styles.chevron} />
        </Radix.Icon>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={styles.content} position="popper" sideOffset={4} collisionPadding={8}>
          <Radix.Viewport className={styles.viewport}>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled === true}
                className={styles.item}
              >
                <span className={styles.tick}>
                  <Radix.ItemIndicator>
                    <Check />
                  </Radix.ItemIndicator>
                </span>
                <span>
                  <Radix.ItemText>{option.label}</Radix.ItemText>
                  {option.hint !== undefined && <span className={styles.hint}>{option.hint}</span>}
                </span>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
