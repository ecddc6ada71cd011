import { Check } from 'lucide-react';
import { ContextMenu as RadixContext, DropdownMenu as RadixDropdown } from 'radix-ui';
import { useEffect, useRef } from 'react';
import { Kbd } from './Kbd';
import type { DropdownMenuProps, MenuEntry, MenuSpot } from './Menu';
import styles from './Menu.module.css';
import { cx } from './cx';

/** A menu that opens from a button: at once, since it is drawn when it is first asked for. */
export function DropdownMenu({
  trigger,
  entries,
  label,
  align = 'start',
  side = 'bottom',
}: DropdownMenuProps) {
  return (
    <RadixDropdown.Root modal={false} defaultOpen>
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

/** A menu that opens at a spot on the screen, anew whenever the spot is another one. */
export function MenuAt({ spot, entries }: { spot: MenuSpot; entries: readonly MenuEntry[] }) {
  const anchor = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const at = { clientX: spot.x, clientY: spot.y, bubbles: true, cancelable: true };
    anchor.current?.dispatchEvent(new MouseEvent('contextmenu', at));
  }, [spot]);
  return (
    <RadixContext.Root modal={false}>
      <RadixContext.Trigger ref={anchor} hidden />
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
