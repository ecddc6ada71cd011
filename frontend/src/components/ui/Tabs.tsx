import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './Tabs.module.css';

export interface TabItem {
  id: string;
  label: string;
  badge?: ReactNode;
  content: ReactNode;
}

interface TabsProps {
  label: string;
  items: readonly TabItem[];
  value: string;
  onValueChange: (id: string) => void;
  /** Controls at the right end of the row. */
  actions?: ReactNode;
}

/** A row of tabs above a panel that fills the rest of the height. Only the open tab is mounted. */
export function Tabs({ label, items, value, onValueChange, actions }: TabsProps) {
  return (
    <Radix.Root className={styles.root} value={value} onValueChange={onValueChange}>
      <div className={styles.bar}>
        <Radix.List className={styles.list} aria-label={label}>
          {items.map((item) => (
            <Radix.Trigger key={item.id} value={item.id} className={styles.tab}>
              {item.label}
              {item.badge}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {actions}
      </div>
      {items.map((item) => (
        <Radix.Content key={item.id} value={item.id} className={styles.panel} tabIndex={-1}>
          {item.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
