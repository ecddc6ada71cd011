import { ChevronLeft, ChevronRight, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';

import { IconButton } from '@/components/ui/IconButton';
import { count } from '@/lib/run/format';
import { imageUrl } from '@/services/queries/usePreview';

import { focusWhole } from '../focusWhole';
import type { ImageItem } from './imageItem';
import styles from './Lightbox.module.css';

interface LightboxProps<T extends ImageItem> {
  digest: string;
  index: number;
  total: number;
  item: T | undefined;
  details?: ((item: T) => ReactNode) | undefined;
  onMove: (index: number) => void;
  onClose: () => void;
}

/** One picture, large; the arrow keys go through the others. */
export function Lightbox<T extends ImageItem>(props: LightboxProps<T>) {
  const { digest, index, total, item, details, onMove, onClose } = props;
  const move = (by: number) => {
    const to = index + by;
    if (to >= 0 && to < total) onMove(to);
  };
  return (
    <Dialog.Root
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Dialog.Portal>
        <Dialog.Overlay className={styles.scrim} />
        <Dialog.Content
          className={styles.content}
          aria-describedby={undefined}
          onOpenAutoFocus={focusWhole}
          onKeyDown={(event) => {
            if (event.key === 'ArrowLeft') move(-1);
            if (event.key === 'ArrowRight') move(1);
          }}
        >
          <header className={styles.header}>
            <Dialog.Title className={styles.title}>{item?.title ?? 'Loading…'}</Dialog.Title>
            <span className={styles.place}>
              {count(index + 1)} of {count(total)}
            </span>
            <Dialog.Close asChild>
              <IconButton label="Close" icon={<X />} />
            </Dialog.Close>
          </header>
          <div className={styles.stage}>
            <IconButton
              label="The one before"
              shortcut="←"
              size="lg"
              icon={<ChevronLeft />}
              disabled={index === 0}
              onClick={() => {
                move(-1);
              }}
            />
            <div className={styles.frame}>
              {item !== undefined && (
                <img
                  key={item.id}
                  className={styles.picture}
                  src={imageUrl(digest, item.id)}
                  alt={item.title}
                  data-small={item.width !== undefined && item.width <= 160 ? true : undefined}
                />
              )}
            </div>
            <IconButton
              label="The next one"
              shortcut="→"
              size="lg"
              icon={<ChevronRight />}
              disabled={index === total - 1}
              onClick={() => {
                move(1);
              }}
            />
          </div>
          <footer className={styles.details}>
            {item !== undefined && (details?.(item) ?? <strong>{item.caption}</strong>)}
          </footer>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
