import { Check } from 'lucide-react';
import { ContextMenu as RadixContext, DropdownMenu as RadixDropdown } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { Kbd } from './Kbd';
import styles from './Menu.module.css';
import { cx } from './cx';

/** One line of a menu; `'separator'` draws a rule, `{ heading }` a caption. */
export type MenuEntry =
  | 'separator'
  | { heading: string }
  | {
      label: string;
      icon?: ReactNode;
      shortcut?: string | undefined;
      disabled?: boolean;
      danger?: boolean;
      /** Draws a tick and makes the entry one of several choices. */
      checked?: boolean;
      hint?: string | undefined;
      onSelect: () => void;
    };

interface DropdownMenuProps {
  trigger: ReactElement;
  entries: readonly MenuEntry[];
  label?: string;
  align?: 'start' | 'center' | 'end';
  side?: 'top' | 'bottom' | 'left' | 'right';
}

/** A menu that opens from a button. */
export function DropdownMenu({
  trigger,
  entries,
  label,
  align = 'start',
  side = 'bottom',
}: DropdownMenuProps) {
  return (
    <RadixDropdown.Root modal={false}>
      <RadixDropdown.Trigger asChild>{trigger}</RadixDropdown.Trigger>
      <RadixDropdown.Portal>
        <RadixDropdown.Content
          className={styles.content}
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          {...(label !== undefined && { 'aria-label': label })}
        >
          <Entries entries={entries} kind={RadixDropdown} />
        </RadixDropdown.Content>
      </RadixDropdown.Portal>
    </RadixDropdown.Root>
  );
}

/** The same menu, opened by a right click (or the menu key) on `children`. */
export function ContextMenu({
  children,
  entries,
}: {
  children: ReactElement;
  entries: readonly MenuEntry[];
}) {
  return (
    <RadixContext.Root modal={false}>
      <RadixContext.Trigger asChild>{children}</RadixContext.Trigger>
      <RadixContext.Portal>
        <RadixContext.Content className={styles.content} collisionPadding={8}>
          <Entries entries={entries} kind={RadixContext} />
        </RadixContext.Content>
      </RadixContext.Portal>
    </RadixContext.Root>
  );
}

function Entries({
  entries,
  kind: Kind,
}: {
  entries: readonly MenuEntry[];
  kind: typeof RadixDropdown | typeof RadixContext;
}) {
  return entries.map((entry, index) => {
    if (entry === 'separator') return <Kind.Separator key={index} className={styles.separator} />;
    if ('heading' in entry) {
      return (
        <Kind.Label key={index} className={styles.heading}>
          {entry.heading}
        </Kind.Label>
      );
    }
    const content = (
      <>
        <span className={styles.icon}>{entry.checked === true ? <Check /> : entry.icon}</span>
        <span className={styles.text}>
          {entry.label}
          {entry.hint !== undefined && <span className={styles.hint}>{entry.hint}</span>}
        </span>
        {entry.shortcut !== undefined && <Kbd keys={entry.shortcut} />}
      </>
    );
    const shared = {
      className: cx(styles.item, entry.danger === true && styles.danger),
      disabled: entry.disabled === true,
      onSelect: entry.onSelect,
    };
    return entry.checked === undefined ? (
      <Kind.Item key={index} {...shared}>
        {content}
      </Kind.Item>
    ) : (
      <Kind.CheckboxItem key={index} checked={entry.checked} {...shared}>
        {content}
      </Kind.CheckboxItem>
    );
  });
}
