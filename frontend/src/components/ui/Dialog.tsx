import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { KeyboardEvent, ReactNode } from 'react';
import { Button } from './Button';
import styles from './Dialog.module.css';
import { cx } from './cx';
import { IconButton } from './IconButton';

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** `full` is as large as the window. */
  size?: 'sm' | 'md' | 'lg' | 'xl' | 'full';
  /** Stands in the header, before the button that closes it. */
  actions?: ReactNode;
  footer?: ReactNode;
  /** The body goes to the edges, and takes no focus by itself: it is there to be looked at. */
  flush?: boolean;
  onKeyDown?: (event: KeyboardEvent) => void;
  children?: ReactNode;
}

/** A modal dialog with a title, a scrolling body and an optional row of actions. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  size = 'md',
  actions,
  footer,
  flush = false,
  onKeyDown,
  children,
}: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content
          className={cx(styles.content, styles[size])}
          tabIndex={-1}
          onOpenAutoFocus={flush ? focusWhole : focusContent}
          onKeyDown={onKeyDown}
          {...(description === undefined && { 'aria-describedby': undefined })}
        >
          <header className={styles.header}>
            <div className={styles.heading}>
              <Radix.Title className={styles.title}>{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className={styles.description}>{description}</Radix.Description>
              )}
            </div>
            <div className={styles.actions}>
              {actions}
              <Radix.Close asChild>
                <IconButton label="Close" icon={<X />} tooltip={null} />
              </Radix.Close>
            </div>
          </header>
          {children !== undefined && <div className={cx(styles.body, flush && styles.flush)}>{children}</div>}
          {footer !== undefined && <footer className={styles.footer}>{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The first field, else the dialog itself: its close button would only show a tooltip. */
function focusContent(event: Event): void {
  const content = event.currentTarget as HTMLElement;
  const field = content.querySelector<HTMLElement>('[autofocus], input:not([type="file"]), textarea');
  event.preventDefault();
  (field ?? content).focus();
}

/** Focus goes to the dialog itself: on a button its tooltip would open and take the first Escape. */
function focusWhole(event: Event): void {
  event.preventDefault();
  (event.currentTarget as HTMLElement).focus();
}

interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: ReactNode;
  action: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
}

/** Ask before something that can't simply be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onOpenChange, title, description, action, danger = false, busy = false, onConfirm } = props;
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      size="sm"
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant={danger ? 'danger' : 'primary'} busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    />
  );
}
