import { memo } from 'react';

import { cx } from '@/components/ui/cx';
import { count } from '@/lib/run/format';

import styles from './ImageGrid.module.css';
import type { ImageItem } from './imageItem';
import { Thumbnail } from './Thumbnail';

interface GridCellProps {
  index: number;
  total: number;
  /** Undefined while it is on its way. */
  item: ImageItem | undefined;
  digest: string | null;
  side: number;
  x: number;
  y: number;
  reachable: boolean;
  /** How long its picture waits; only what it is at first counts. */
  wait: number;
  onOpen: (index: number) => void;
}

/** One picture of a grid with its words. It is drawn anew when it changes, not when the grid is scrolled. */
export const GridCell = memo(
  function GridCell({ index, total, item, digest, side, x, y, reachable, wait, onOpen }: GridCellProps) {
    return (
      <li
        className={styles.cell}
        aria-setsize={total}
        aria-posinset={index + 1}
        style={{ width: side, transform: `translate(${x}px, ${y}px)` }}
      >
        <button
          type="button"
          className={styles.open}
          data-index={index}
          tabIndex={reachable ? 0 : -1}
          aria-label={item === undefined ? `Image ${count(index + 1)}, loading` : undefined}
          onClick={() => {
            onOpen(index);
          }}
        >
          {item === undefined || digest === null ? (
            <span className={styles.blank} style={{ height: side }} />
          ) : (
            <>
              <Thumbnail key={item.id} digest={digest} imageId={item.id} alt={item.title} wait={wait} />
              <span className={cx(styles.caption, item.wrong === true && styles.wrong)}>{item.caption}</span>
              <span className={styles.title}>{item.title}</span>
            </>
          )}
        </button>
      </li>
    );
  },
  (before, after) =>
    before.index === after.index &&
    before.total === after.total &&
    before.item === after.item &&
    before.digest === after.digest &&
    before.side === after.side &&
    before.x === after.x &&
    before.y === after.y &&
    before.reachable === after.reachable &&
    before.onOpen === after.onOpen,
);
