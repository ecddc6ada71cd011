import { useRef, useState } from 'react';

import { cx } from '@/components/ui/cx';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { percent } from '@/lib/run/format';
import { useModelBehind } from '@/lib/run/upstream';
import { useVirtualRows } from '@/lib/virtualRows';
import { usePreview, usePreviewPages } from '@/services/queries/usePreview';
import type { PreviewTarget } from '@/services/queries/usePreview';
import type { ScoredPreview, ScoredRow } from '@/services/types.generated';

import { Lightbox } from '../images/Lightbox';
import { Thumbnail } from '../images/Thumbnail';
import { Probabilities, ScoreDetails } from './Probabilities';
import styles from './ScoreRows.module.css';

const PAGE = 100;
const ROW = 60;

interface ScoreRowsProps {
  output: PreviewTarget;
  params: Readonly<Record<string, string | undefined>>;
  digest: string | null;
  labels: readonly string[];
  /** An image is opened, or closed again. */
  onLook: (looking: boolean) => void;
}

export function ScoreRows({ output, params, digest, labels, onLook }: ScoreRowsProps) {
  const first = usePreview<ScoredPreview>(output, { ...params, offset: 0, limit: PAGE });
  if (first.isPending) {
    return (
      <div style={{ padding: 16 }}>
        <Skeleton height={48} lines={8} />
      </div>
    );
  }
  if (first.isError) {
    return (
      <ErrorState title="The rows can’t be shown" error={first.error} onRetry={() => void first.refetch()} />
    );
  }
  if (first.data.total === 0)
    return (
      <EmptyState title="No such images">Nothing fits these filters. Widen them to see more.</EmptyState>
    );
  const { total } = first.data;
  return (
    <Rows output={output} params={params} digest={digest} labels={labels} total={total} onLook={onLook} />
  );
}

function Rows({ output, params, digest, labels, total, onLook }: ScoreRowsProps & { total: number }) {
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<number | null>(null);
  const rows = useVirtualRows({ count: total, box, rowHeight: ROW, overscan: 6 });
  const visible = rows.getVirtualItems();
  const pages = new Set(
    [visible[0]?.index ?? 0, visible.at(-1)?.index ?? 0, open ?? 0].map((index) => Math.floor(index / PAGE)),
  );
  const loaded = usePreviewPages<ScoredPreview>(output, params, [...pages], PAGE);
  const rowAt = (index: number): ScoredRow | undefined =>
    loaded.get(Math.floor(index / PAGE))?.rows[index % PAGE];
  const model = useModelBehind(output.nodeId);
  const opened = open === null ? undefined : rowAt(open);
  return (
    <div className={styles.table} role="table" aria-label="Scored images" aria-rowcount={total + 1}>
      <div role="row" className={cx(styles.row, styles.head)}>
        <span role="columnheader">Image</span>
        <span role="columnheader" className={styles.true}>
          True
        </span>
        <span role="columnheader">Predicted</span>
        <span role="columnheader">Confidence</span>
        <span role="columnheader" className={styles.rest}>
          Most likely
        </span>
      </div>
      <div ref={box} className={styles.box} role="rowgroup">
        <div className={styles.all} style={{ height: rows.getTotalSize() }}>
          {visible.map(({ index, start }) => {
            const row = rowAt(index);
            return (
              <div
                key={index}
                role="row"
                aria-rowindex={index + 2}
                className={styles.row}
                style={{ position: 'absolute', height: ROW, transform: `translateY(${start}px)` }}
              >
                {row !== undefined && (
                  <Cells
                    row={row}
                    digest={digest}
                    onOpen={() => {
                      setOpen(index);
                      onLook(true);
                    }}
                  />
                )}
              </div>
            );
          })}
        </div>
      </div>
      {open !== null && digest !== null && (
        <Lightbox
          digest={digest}
          index={open}
          total={total}
          item={
            opened && {
              ...opened,
              title: opened.id,
              caption: opened.predicted,
            }
          }
          question={(row) =>
            model === null ? null : { model, predicted: row.predicted, truth: row.category }
          }
          details={(row) => <ScoreDetails row={row} labels={labels} />}
          onMove={(index) => {
            setOpen(index);
            rows.scrollToIndex(index);
          }}
          onClose={() => {
            setOpen(null);
            onLook(false);
          }}
        />
      )}
    </div>
  );
}

function Cells({ row, digest, onOpen }: { row: ScoredRow; digest: string | null; onOpen: () => void }) {
  const wrong = row.category !== null && row.category !== row.predicted;
  return (
    <>
      <span role="cell" className={styles.image}>
        <button type="button" className={styles.open} onClick={onOpen} disabled={digest === null}>
          {digest !== null && (
            <span className={styles.thumb}>
              <Thumbnail key={row.id} digest={digest} imageId={row.id} alt="" size={96} />
            </span>
          )}
          <span className={styles.id}>{row.id}</span>
        </button>
      </span>
      <span role="cell" className={styles.true}>
        {row.category ?? '–'}
      </span>
      <span role="cell" className={cx(styles.predicted, wrong && styles.wrong)}>
        {row.predicted}
      </span>
      <span role="cell" className={styles.confidence}>
        <span className={styles.bar} aria-hidden>
          <span
            className={cx(styles.fill, wrong && styles.bad)}
            style={{ width: `${row.confidence * 100}%` }}
          />
        </span>
        {percent(row.confidence)}
      </span>
      <span role="cell" className={styles.rest}>
        <Probabilities row={row} most={3} />
      </span>
    </>
  );
}
