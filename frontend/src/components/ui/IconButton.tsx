import type { ReactNode } from 'react';
import type { ButtonProps } from './Button';
import styles from './IconButton.module.css';
import { cx } from './cx';
import { Spinner } from './Spinner';
import { Tooltip } from './Tooltip';

export interface IconButtonProps extends Omit<ButtonProps, 'icon' | 'children' | 'variant'> {
  /** The accessible name, also shown as a tooltip. */
  label: string;
  icon: ReactNode;
  shortcut?: string | undefined;
  tooltipSide?: 'top' | 'bottom' | 'left' | 'right';
  /** Drawn as pressed, and told so to screen readers. */
  pressed?: boolean;
}

export function IconButton({
  label,
  icon,
  shortcut,
  tooltipSide,
  pressed,
  busy = false,
  size = 'md',
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip content={label} shortcut={shortcut} {...(tooltipSide && { side: tooltipSide })}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        className={cx(styles.button, styles[size], className)}
        {...rest}
      >
        {busy ? <Spinner /> : icon}
      </button>
    </Tooltip>
  );
}
