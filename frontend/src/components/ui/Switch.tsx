import { Switch as Radix } from 'radix-ui';
import styles from './Switch.module.css';

interface SwitchProps {
  checked: boolean;
  onCheckedChange: (checked: boolean) => void;
  id?: string;
  /** The accessible name where no <label> points here by `id`. */
  label?: string;
  disabled?: boolean;
  describedBy?: string | undefined;
}

export function Switch({ checked, onCheckedChange, id, label, disabled = false, describedBy }: SwitchProps) {
  return (
    <Radix.Root
      className={styles.track}
      checked={checked}
      onCheckedChange={onCheckedChange}
      id={id}
      aria-label={label}
      aria-describedby={describedBy}
      disabled={disabled}
    >
      <Radix.Thumb className={styles.thumb} />
    </Radix.Root>
  );
}
