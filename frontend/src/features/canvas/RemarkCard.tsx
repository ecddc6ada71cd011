import { Popover } from 'radix-ui';
import type { RefObject } from 'react';
import type { Remark } from '@/lib/facts/factsStore';
import { RemarkList } from '@/lib/facts/RemarkList';
import styles from './RemarkCard.module.css';

interface RemarkCardProps {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly remarks: readonly Remark[];
  /** It was opened to be worked with, not only pointed at: the focus moves in, and back when it closes. */
  readonly entered: boolean;
  readonly onPointer: (inside: boolean) => void;
  readonly onClose: () => void;
}

/** The remarks about a node, beside its mark. */
export function RemarkCard({ anchor, remarks, entered, onPointer, onClose }: RemarkCardProps) {
  return (
    <Popover.Root key={entered ? 'entered' : 'peek'} open onOpenChange={(open) => !open && onClose()}>
      <Popover.Anchor virtualRef={anchor as RefObject<HTMLElement>} />
      <Popover.Portal>
        <Popover.Content
          className={styles.card}
          side="top"
          align="start"
          sideOffset={6}
          collisionPadding={12}
          aria-label="Remarks about this node"
          onPointerEnter={() => onPointer(true)}
          onPointerLeave={() => onPointer(false)}
          onOpenAutoFocus={(event) => {
            if (!entered) event.preventDefault();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (entered) anchor.current?.focus();
          }}
        >
          <RemarkList remarks={remarks} label="Remarks" onFixed={onClose} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
