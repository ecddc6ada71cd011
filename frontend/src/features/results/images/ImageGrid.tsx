import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';

import { EmptyState } from '@/components/ui/EmptyState';
import { announce } from '@/lib/announce';
import { count } from '@/lib/run/format';
import { useVirtualRows } from '@/lib/virtualRows';
import { usePreviewPages } from '@/services/queries/usePreview';
import type { PreviewTarget } from '@/services/queries/usePreview';
import type { Preview } from '@/services/types.generated';

import { GridBar } from './GridBar';
import type { Landmark } from './GridBar';
import { GridCell } from './GridCell';
import { movedInGrid, pagesOf } from './gridWindow';
import type { ImageItem } from './imageItem';
import styles from './ImageGrid.module.css';
import { Lightbox } from './Lightbox';
import type { Question } from './Lightbox';
import { useSettled } from './useSettled';

const PAGE = 120;
const GAP = 12;
const CAPTION = 36;
const LONG = 60;
/** How long a picture has to be here while one scrolls before it is asked for, in ms. */
const PASSING = 240;
const NO_LANDMARKS: readonly Landmark[] = [];

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
  /** What a model can be asked about the picture. */
  question?: (item: T) => Question | null;
  /** Places to jump to. */
  landmarks?: readonly Landmark[];
  minWidth?: number;
  empty?: ReactNode;
}

/** Pictures in rows: any number of them, of which only those in sight are asked for and drawn. */
export function ImageGrid<P extends Preview, T extends ImageItem>(props: ImageGridProps<P, T>) {
  const { label, target, params, total, pick, digest, details, question, minWidth = 112, empty } = props;
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [open, setOpen] = useState<number | null>(null);
  const [active, setActive] = useState(0);
  const focusDue = useRef(false);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth - 2 * GAP, height: element.clientHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);

  const { width } = size;
  const columns = Math.max(1, Math.floor((width + GAP) / (minWidth + GAP)));
  const side = Math.max(1, (width - (columns - 1) * GAP) / columns);
  const rowHeight = Math.round(side + CAPTION + GAP);
  const rows = useVirtualRows({ count: Math.ceil(total / columns), box, rowHeight, overscan: 3 });
  useEffect(() => {
    rows.measure();
  }, [rows, rowHeight]);

  const visible = width === 0 ? [] : rows.getVirtualItems();
  const first = (visible[0]?.index ?? 0) * columns;
  const last = Math.min(total, ((visible.at(-1)?.index ?? 0) + 1) * columns) - 1;
  const pages = useSettled(pagesOf(first, last, [open], total, PAGE));
  const loaded = usePreviewPages<P>(target, params, pages, PAGE);
  // Taken out once for each page: what stays the same isn't drawn anew.
  const picked = useMemo(() => ({ pick, of: new WeakMap<P, readonly T[]>() }), [pick]);
  const itemAt = (index: number): T | undefined => {
    const page = loaded.get(Math.floor(index / PAGE));
    if (page === undefined) return undefined;
    const items = picked.of.get(page) ?? picked.pick(page);
    picked.of.set(page, items);
    return items[index % PAGE];
  };
  const show = useCallback((index: number) => {
    focusDue.current = false; // the focus goes into the large view
    setActive(index);
    setOpen(index);
  }, []);

  const goTo = useCallback(
    (index: number, focus: boolean) => {
      focusDue.current = focus;
      setActive(index);
      rows.scrollToIndex(Math.floor(index / columns), focus ? { align: 'auto' } : { align: 'start' });
    },
    [rows, columns],
  );
  const jump = useCallback(
    (index: number) => {
      goTo(index, false);
      announce(`Image ${count(index + 1)} of ${count(total)}`);
    },
    [goTo, total],
  );
  useLayoutEffect(() => {
    if (!focusDue.current) return;
    const cell = box.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (cell == null) return; // it is drawn in a moment, when the rows have been scrolled to
    focusDue.current = false;
    cell.focus({ preventScroll: true });
  });

  if (total === 0) return empty ?? <EmptyState title="No images">There is nothing to show here.</EmptyState>;
  const reachable = active >= first && active <= last ? active : first;
  const top = Math.floor((rows.scrollOffset ?? 0) / rowHeight) * columns;
  return (
    <div className={styles.frame}>
      {total > LONG && (
        <GridBar
          first={Math.min(top, total - 1)}
          last={Math.min(total, top + Math.max(1, Math.round(size.height / rowHeight)) * columns) - 1}
          total={total}
          landmarks={props.landmarks ?? NO_LANDMARKS}
          onJump={jump}
        />
      )}
      <div ref={box} className={styles.box}>
        <ul
          className={styles.all}
          aria-label={`${label}, ${count(total)}`}
          style={{ height: rows.getTotalSize() }}
          onKeyDown={(event) => {
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            // Keys come quicker than rows are drawn: what they mean is the image that the focus is on its way to.
            const at = focusDue.current ? active : reachable;
            if (focusDue.current && (event.key === 'Enter' || event.key === ' ')) {
              event.preventDefault();
              show(at);
              return;
            }
            const inSight = Math.floor(size.height / rowHeight);
            const to = movedInGrid(event.key, at, { total, columns, rows: inSight });
            if (to === null) return;
            event.preventDefault();
            goTo(to, true);
          }}
        >
          {visible.flatMap((row) =>
            Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, column) => {
              const index = row.index * columns + column;
              return (
                <GridCell
                  key={index}
                  index={index}
                  total={total}
                  item={itemAt(index)}
                  digest={digest}
                  side={side}
                  x={column * (side + GAP)}
                  y={row.start}
                  reachable={index === reachable}
                  wait={rows.isScrolling ? PASSING : 0}
                  onOpen={show}
                />
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
            question={question}
            onMove={(index) => {
              setOpen(index);
              setActive(index);
              rows.scrollToIndex(Math.floor(index / columns));
            }}
            onClose={() => {
              setOpen(null);
              focusDue.current = true;
            }}
          />
        )}
      </div>
    </div>
  );
}
