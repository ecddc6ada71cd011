import { useRef } from 'react';

import { EmptyState } from '@/components/ui/EmptyState';
import { count, counted, figure } from '@/lib/run/format';
import type { OutputRef } from '@/lib/run/nodeNames';
import { useVirtualRows } from '@/lib/virtualRows';
import { usePreviewPages } from '@/services/queries/usePreview';
import type { TablePreview } from '@/services/types.generated';

import styles from './TableView.module.css';
import shared from './View.module.css';

const PAGE = 200;
const ROW = 30;

interface TableViewProps {
  output: OutputRef;
  first: TablePreview;
  compact: boolean;
}

/** Any table: all its columns, and as many rows as are in sight. */
export function TableView({ output, first, compact }: TableViewProps) {
  if (first.columns.length === 0) return <EmptyState title="An empty table">It has no columns.</EmptyState>;
  if (compact) {
    return (
      <p className={shared.quiet}>
        {counted(first.total, 'row')}, {counted(first.columns.length, 'column')}: {first.columns.join(', ')}
      </p>
    );
  }
  return <Rows output={output} first={first} />;
}

function Rows({ output, first }: Omit<TableViewProps, 'compact'>) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualRows({ count: first.total, box, rowHeight: ROW, overscan: 12 });
  const visible = rows.getVirtualItems();
  const from = Math.floor((visible[0]?.index ?? 0) / PAGE);
  const to = Math.floor((visible.at(-1)?.index ?? 0) / PAGE);
  const pages = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const loaded = usePreviewPages<TablePreview>(output, {}, pages, PAGE);
  const columns = { gridTemplateColumns: `64px repeat(${first.columns.length}, minmax(120px, 1fr))` };
  return (
    <div
      ref={box}
      className={styles.box}
      role="table"
      aria-label={output.label}
      aria-rowcount={first.total + 1}
      aria-colcount={first.columns.length + 1}
      tabIndex={0}
    >
      <div role="row" aria-rowindex={1} className={styles.head} style={columns}>
        <span role="columnheader">#</span>
        {first.columns.map((column) => (
          <span key={column} role="columnheader" title={column}>
            {column}
          </span>
        ))}
      </div>
      <div className={styles.all} style={{ height: rows.getTotalSize() }} role="rowgroup">
        {visible.map(({ index, start }) => {
          const row = loaded.get(Math.floor(index / PAGE))?.rows[index % PAGE];
          return (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              className={styles.row}
              style={{ ...columns, height: ROW, transform: `translateY(${start}px)` }}
            >
              <span role="rowheader">{count(index + 1)}</span>
              {first.columns.map((column) => (
                <span key={column} role="cell" data-number={typeof row?.[column] === 'number' || undefined}>
                  {row === undefined ? '' : cellText(row[column])}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? count(value) : figure(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
