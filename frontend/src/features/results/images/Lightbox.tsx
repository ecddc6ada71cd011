import { ChevronLeft, ChevronRight, ScanEye } from 'lucide-react';
import { useState } from 'react';
import type { ReactNode } from 'react';

import { Button } from '@/components/ui/Button';
import { Dialog } from '@/components/ui/Dialog';
import { IconButton } from '@/components/ui/IconButton';
import { count } from '@/lib/run/format';
import { imageUrl } from '@/services/queries/usePreview';

import { Explained } from './Explained';
import type { ImageItem } from './imageItem';
import styles from './Lightbox.module.css';

/** What a model can be asked about a picture. */
export interface Question {
  model: string;
  predicted: string;
  truth: string | null;
}

/** Images up to this many pixels wide are drawn larger than they are. */
const SMALL = 160;

interface LightboxProps<T extends ImageItem> {
  digest: string;
  index: number;
  total: number;
  item: T | undefined;
  details?: ((item: T) => ReactNode) | undefined;
  question?: ((item: T) => Question | null) | undefined;
  onMove: (index: number) => void;
  onClose: () => void;
}

/** One picture, large; the arrow keys go through the others. */
export function Lightbox<T extends ImageItem>(props: LightboxProps<T>) {
  const { digest, index, total, item, details, onMove, onClose } = props;
  // Rows of a table don't say how large their images are.
  const [small, setSmall] = useState<string | null>(null);
  const [explaining, setExplaining] = useState(false);
  const question = item === undefined ? null : (props.question?.(item) ?? null);
  const move = (by: number) => {
    const to = index + by;
    if (to >= 0 && to < total) onMove(to);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      size="lg"
      flush
      title={item?.title ?? 'Loading…'}
      onKeyDown={(event) => {
        if (event.target instanceof HTMLInputElement) return;
        if (event.key === 'ArrowLeft') move(-1);
        if (event.key === 'ArrowRight') move(1);
        if (event.key === 'Home') onMove(0);
        if (event.key === 'End') onMove(total - 1);
      }}
      actions={
        <>
          <span className={styles.place} role="status">
            {count(index + 1)} of {count(total)}
          </span>
          {question !== null && (
            <Button
              size="sm"
              icon={<ScanEye />}
              aria-pressed={explaining}
              onClick={() => {
                setExplaining(!explaining);
              }}
            >
              {explaining ? 'Show the image' : 'Explain'}
            </Button>
          )}
        </>
      }
    >
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
          {item !== undefined && explaining && question !== null && (
            <Explained key={item.id} digest={digest} imageId={item.id} question={question} />
          )}
          {item !== undefined && !(explaining && question !== null) && (
            <img
              key={item.id}
              className={styles.picture}
              src={imageUrl(digest, item.id)}
              alt={item.title}
              data-small={(item.width ?? Infinity) <= SMALL || small === item.id || undefined}
              onLoad={({ currentTarget }) => setSmall(currentTarget.naturalWidth <= SMALL ? item.id : null)}
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
    </Dialog>
  );
}
