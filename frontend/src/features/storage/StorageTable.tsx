import { Pin } from 'lucide-react';
import type { ReactNode } from 'react';

import { Badge } from '@/components/ui/Badge';
import { IconButton } from '@/components/ui/IconButton';

import styles from './Tables.module.css';

export interface Column<T> {
  label: string;
  cell: (row: T) => ReactNode;
  /** What the cell says more exactly. */
  title?: (row: T) => string;
  number?: boolean;
}

interface StorageTableProps<T> {
  /** What the rows are: the head of the first column. */
  label: string;
  rows: readonly T[];
  keyOf: (row: T) => string;
  name: (row: T) => ReactNode;
  columns: readonly Column<T>[];
  actions?: (row: T) => ReactNode;
}

/** What is on the disk, a row each. On a narrow page a row becomes a block of lines, each with its label. */
export function StorageTable<T extends { pinned: boolean }>(props: StorageTableProps<T>) {
  const { label, rows, keyOf, name, columns, actions } = props;
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{label}</th>
            {columns.map((column) => (
              <th key={column.label} scope="col" className={column.number ? styles.number : undefined}>
                {column.label}
              </th>
            ))}
            {actions && (
              <th scope="col">
                <span className={styles.hidden}>Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              <th scope="row">
                {name(row)}
                {row.pinned && <Badge tone="info">pinned</Badge>}
              </th>
              {columns.map((column) => (
                <td
                  key={column.label}
                  className={column.number ? styles.number : undefined}
                  data-label={column.label}
                  title={column.title?.(row)}
                >
                  {column.cell(row)}
                </td>
              ))}
              {actions && <td className={styles.actions}>{actions(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface PinButtonProps {
  pinned: boolean;
  /** What is pinned, for those who don't see the row. */
  what: string;
  /** What pinning means. */
  meaning: string;
  onToggle: () => void;
}

export function PinButton({ pinned, what, meaning, onToggle }: PinButtonProps) {
  return (
    <IconButton
      label={`${pinned ? 'Unpin' : 'Pin'} ${what}`}
      tooltip={pinned ? 'Unpin' : `Pin: ${meaning}`}
      size="sm"
      pressed={pinned}
      icon={<Pin />}
      onClick={onToggle}
    />
  );
}
