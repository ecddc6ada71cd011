import { ChevronRight } from 'lucide-react';
import { Collapsible } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './Section.module.css';

interface SectionProps {
  title: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** At the right end of the heading. */
  aside?: ReactNode;
  children: ReactNode;
}

/** A part of the panel that can be folded away. */
export function Section({ title, open, onOpenChange, aside, children }: SectionProps) {
  return (
    <Collapsible.Root className={styles.section} open={open} onOpenChange={onOpenChange}>
      <div className={styles.head}>
        <Collapsible.Trigger className={styles.trigger}>
          <ChevronRight className={styles.chevron} aria-hidden />
          {title}
        </Collapsible.Trigger>
        {aside}
      </div>
      <Collapsible.Content className={styles.body}>{children}</Collapsible.Content>
    </Collapsible.Root>
  );
}
