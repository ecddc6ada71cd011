import type { ReactNode } from 'react';
import type { ButtonProps } from './Button';
import styles from './IconButton.module.css';
import { cx } from './cx';
import { Spinner } from './Spinner';
import { Tooltip } from './Tooltip';

export interface IconButtonProps extends Omit<ButtonProps, 'icon' | 'children' | 'variant'> {
  /** The accessible name, also shown as a tooltip. */
  label: string;
  /** Other words for the tooltip; null for none. */
  tooltip?: string | null;
  icon: ReactNode;
  shortcut?: string | undefined;
  tooltipSide?: 'top' | 'bottom' | 'left' | 'right';
  /** Drawn as pressed, and told so to screen readers. */
  pressed?: boolean;
}

export function IconButton({
  label,
  tooltip = label,
  icon,
  shortcut,
  tooltipSide,
  pressed,
  busy = false,
  size = 'md',
  className,
  ...rest
}: IconButtonProps) {
  const button = (
    <button
      type="button"
      aria-label={label}
      aria-pressed={pressed}
      className={cx(styles.button, styles[size], className)}
      {...rest}
    >
      {busy ? <Spinner /> : icon}
    </button>
  );
  if (tooltip === null) return button;
  return (
    <Tooltip content={tooltip} shortcut={shortcut} {...(tooltipSide && { side: tooltipSide })}>
      {button}
    </Tooltip>
  );
}
