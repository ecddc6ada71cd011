import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';

import { cx } from '@/components/ui/cx';
import { EmptyState } from '@/components/ui/EmptyState';
import { useVirtualRows } from '@/lib/virtualRows';
import { usePreviewPages } from '@/services/queries/usePreview';
import type { PreviewTarget } from '@/services/queries/usePreview';
import type { Preview } from '@/services/types.generated';

import type { ImageItem } from './imageItem';
import styles from './ImageGrid.module.css';
import { Lightbox } from './Lightbox';
import { Thumbnail } from './Thumbnail';

const PAGE = 120;
const GAP = 12;
const CAPTION = 36;

interface ImageGridProps<P extends Preview, T extends ImageItem> {
  label: string;
  target: PreviewTarget;
  params: Readonly<Record<string, string | number | undefined>>;
  total: number;
  /** The pictures in one page of the preview. */
  pick: (page: P) => readonly T[];
  /** Where the pictures are; null where they are gone. */
  digest: string | null;
  /** What the large view says beside the picture. */
  details?: (item: T) => ReactNode;
  minWidth?: number;
  empty?: ReactNode;
}

/** Pictures in rows: any number of them, of which only those in sight are asked for and drawn. */
export function ImageGrid<P extends Preview, T extends ImageItem>(props: ImageGridProps<P, T>) {
  const { label, target, params, total, pick, digest, details, minWidth = 112, empty } = props;
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [open, setOpen] = useState<number | null>(null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      setWidth(element.clientWidth - 2 * GAP);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);

  const columns = Math.max(1, Math.floor((width + GAP) / (minWidth + GAP)));
  const side = Math.max(1, (width - (columns - 1) * GAP) / columns);
  const rowHeight = Math.round(side + CAPTION + GAP);
  const rows = useVirtualRows({ count: Math.ceil(total / columns), box, rowHeight, overscan: 3 });
  useEffect(() => {
    rows.measure();
  }, [rows, rowHeight]);

  const visible = width === 0 ? [] : rows.getVirtualItems();
  const pages = pagesOf(
    (visible[0]?.index ?? 0) * columns,
    ((visible.at(-1)?.index ?? 0) + 1) * columns - 1,
    open,
    total,
  );
  const loaded = usePreviewPages<P>(target, params, pages, PAGE);
  const itemAt = (index: number): T | undefined => {
    const page = loaded.get(Math.floor(index / PAGE));
    return page === undefined ? undefined : pick(page)[index % PAGE];
  };

  if (total === 0) return empty ?? <EmptyState title="No images">There is nothing to show here.</EmptyState>;
  return (
    <div ref={box} className={styles.box}>
      <ul className={styles.all} aria-label={label} style={{ height: rows.getTotalSize() }}>
        {visible.flatMap((row) =>
          Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, column) => {
            const index = row.index * columns + column;
            const item = itemAt(index);
            return (
              <li
                key={index}
                className={styles.cell}
                style={{
                  width: side,
                  transform: `translate(${column * (side + GAP)}px, ${row.start}px)`,
                }}
              >
                {item === undefined || digest === null ? (
                  <span className={styles.blank} style={{ height: side }} />
                ) : (
                  <button
                    type="button"
                    className={styles.open}
                    onClick={() => {
                      setOpen(index);
                    }}
                  >
                    <Thumbnail key={item.id} digest={digest} imageId={item.id} alt={item.title} />
                    <span className={cx(styles.caption, item.wrong === true && styles.wrong)}>
                      {item.caption}
                    </span>
                    <span className={styles.title}>{item.title}</span>
                  </button>
                )}
              </li>
            );
          }),
        )}
      </ul>
      {open !== null && digest !== null && (
        <Lightbox
          digest={digest}
          index={open}
          total={total}
          item={itemAt(open)}
          details={details}
          onMove={(index) => {
            setOpen(index);
            rows.scrollToIndex(Math.floor(index / columns));
          }}
          onClose={() => {
            setOpen(null);
          }}
        />
      )}
    </div>
  );
}

function pagesOf(first: number, last: number, open: number | null, total: number): number[] {
  const pages = new Set<number>();
  const end = Math.min(last, total - 1);
  for (let page = Math.floor(first / PAGE); page <= Math.floor(end / PAGE); page += 1) pages.add(page);
  if (open !== null) pages.add(Math.floor(open / PAGE));
  return [...pages];
}
