import { memo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';

import { cx } from '@/components/ui/cx';
import { count, percent } from '@/lib/run/format';
import { useVirtualRows } from '@/lib/virtualRows';
import type { EvaluatedModel } from '@/services/types.generated';

import styles from './ConfusionMatrix.module.css';
import { moved, shareOf, worstMixups } from './confusion';
import type { Scale } from './confusion';
import { HeatMap } from './HeatMap';

export interface Cell {
  row: number;
  column: number;
}

interface ConfusionMatrixProps {
  model: EvaluatedModel;
  /** Opens the images of a cell; without it the matrix is only looked at. */
  onOpen?: (cell: Cell) => void;
  /** Heat alone, for a panel. */
  small?: boolean;
}

/**
 * Rows are what the images are, columns what the model took them for. One cell is in the tab order; arrow keys go to
 * the others, Enter opens the images.
 */
export function ConfusionMatrix({ model, onOpen, small = false }: ConfusionMatrixProps) {
  const [scale, setScale] = useState<Scale>('count');
  if (small) return <SmallMatrix model={model} />;
  return (
    <div className={styles.frame}>
      <div className={styles.tools}>
        <div className={styles.scales} role="group" aria-label="Numbers in the cells">
          {(['count', 'share'] as const).map((value) => (
            <button
              key={value}
              type="button"
              className={styles.scale}
              aria-pressed={scale === value}
              onClick={() => {
                setScale(value);
              }}
            >
              {value === 'count' ? 'Images' : '% of the class'}
            </button>
          ))}
        </div>
        {onOpen !== undefined && <p className={styles.quiet}>Choose a cell to see its images.</p>}
      </div>
      <Matrix model={model} scale={scale} onOpen={onOpen} />
      <Mixups model={model} onOpen={onOpen} />
    </div>
  );
}

interface MatrixProps {
  model: EvaluatedModel;
  scale: Scale;
  onOpen: ConfusionMatrixProps['onOpen'];
}

/** From this many classes on, only the cells in sight are there, beside a picture of the whole. */
const MANY = 30;
/** Of a cell in sight of many, with the gap to the next. */
const PITCH = { row: 32, column: 40 };

function Matrix({ model, scale, onOpen }: MatrixProps) {
  const { labels, confusion } = model;
  const [at, setAt] = useState<Cell>({ row: 0, column: 0 });
  const table = useRef<HTMLTableElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const many = labels.length > MANY;
  const rows = useVirtualRows({ count: labels.length, box, rowHeight: PITCH.row });
  const columns = useVirtualRows({
    count: labels.length,
    box,
    rowHeight: PITCH.column,
    horizontal: true,
  });
  const shownRows = many ? spanOf(rows) : wholeOf(labels.length);
  const shownColumns = many ? spanOf(columns) : wholeOf(labels.length);

  const go = (to: Cell) => {
    setAt(to);
    if (many) {
      rows.scrollToIndex(to.row);
      columns.scrollToIndex(to.column);
    }
    const focus = (tries: number) => {
      const cell = table.current?.querySelector<HTMLElement>(`[data-cell="${to.row},${to.column}"]`);
      if (cell) cell.focus();
      else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
    };
    focus(20);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = moved(event.key, at, labels.length, event.ctrlKey || event.metaKey);
    if (to === null) return;
    event.preventDefault();
    go(to);
  };
  const stop = {
    row: inSpan(at.row, shownRows) ? at.row : shownRows.from,
    column: inSpan(at.column, shownColumns) ? at.column : shownColumns.from,
  };
  const span = <T,>({ from, to }: Span, draw: (index: number) => T): T[] =>
    Array.from({ length: to - from }, (_, index) => draw(from + index));

  return (
    <>
      {many && (
        <div className={styles.overview}>
          <HeatMap
            confusion={confusion}
            label={`All ${labels.length} classes at a glance`}
            onPick={(row, column) => go({ row, column })}
          />
          <p className={styles.quiet}>All {labels.length} classes. Click to go there.</p>
        </div>
      )}
      <div ref={box} className={cx(styles.scroll, many && styles.window)}>
        <table
          ref={table}
          className={styles.table}
          role="grid"
          aria-label="Confusion matrix"
          aria-rowcount={labels.length + 1}
          aria-colcount={labels.length + 1}
          onKeyDown={onKeyDown}
          onPointerOver={(event) => light(table.current, event.target)}
          onPointerLeave={() => light(table.current, null)}
        >
          <thead>
            <tr aria-rowindex={1}>
              <th className={styles.corner} scope="col" aria-colindex={1}>
                <span>True ↓</span>
                <span>Predicted →</span>
              </th>
              <Gap width={shownColumns.before} />
              {span(shownColumns, (column) => (
                <th
                  key={column}
                  scope="col"
                  className={styles.top}
                  data-column={column}
                  aria-colindex={column + 2}
                >
                  <span title={labels[column]}>{labels[column]}</span>
                </th>
              ))}
              <Gap width={shownColumns.after} />
            </tr>
          </thead>
          <tbody>
            {shownRows.before > 0 && <tr aria-hidden style={{ height: shownRows.before }} />}
            {span(shownRows, (row) => (
              <Row
                key={row}
                row={row}
                labels={labels}
                line={confusion[row] ?? NO_LINE}
                columns={`${shownColumns.from} ${shownColumns.to}`}
                before={shownColumns.before}
                after={shownColumns.after}
                stop={stop.row === row ? stop.column : null}
                scale={scale}
                onFocus={setAt}
                onOpen={onOpen}
              />
            ))}
            {shownRows.after > 0 && <tr aria-hidden style={{ height: shownRows.after }} />}
          </tbody>
        </table>
      </div>
    </>
  );
}

const NO_LINE: readonly number[] = [];

interface RowProps {
  row: number;
  labels: readonly string[];
  line: readonly number[];
  /** The first of the columns that are drawn, and the one after the last. */
  columns: string;
  before: number;
  after: number;
  /** The column of this row that is in the tab order. */
  stop: number | null;
  scale: Scale;
  onFocus: (cell: Cell) => void;
  onOpen: ConfusionMatrixProps['onOpen'];
}

/** Drawn anew only when something of this row changes: a step of the keyboard concerns two of them. */
const Row = memo(function Row(props: RowProps) {
  const { row, labels, line, columns, before, after, stop, scale, onFocus, onOpen } = props;
  const [from = 0, to = 0] = columns.split(' ').map(Number);
  const all = line.reduce((sum, value) => sum + value, 0);
  const label = labels[row] ?? '';
  return (
    <tr aria-rowindex={row + 2}>
      <th scope="row" className={styles.left} title={label} data-row={row} aria-colindex={1}>
        {label}
      </th>
      <Gap width={before} />
      {labels.slice(from, to).map((predicted, index) => {
        const column = from + index;
        const images = line[column] ?? 0;
        const share = all === 0 ? 0 : images / all;
        return (
          <td key={column} className={styles.cell} aria-colindex={column + 2}>
            <button
              type="button"
              className={cx(styles.button, row === column && styles.right, images === 0 && styles.none)}
              style={{ '--heat': share } as React.CSSProperties}
              data-cell={`${row},${column}`}
              data-strong={share > 0.5 || undefined}
              tabIndex={stop === column ? 0 : -1}
              aria-label={`${label} taken for ${predicted}: ${count(images)} (${percent(share, 0)} of ${label})`}
              onFocus={() => {
                onFocus({ row, column });
              }}
              onClick={() => {
                if (images > 0) onOpen?.({ row, column });
              }}
            >
              {scale === 'count' ? count(images) : (share * 100).toFixed(0)}
            </button>
          </td>
        );
      })}
      <Gap width={after} />
    </tr>
  );
});

/** Stands for the columns that are out of sight. */
function Gap({ width }: { width: number }) {
  return width > 0 && <td aria-hidden style={{ minWidth: width }} />;
}

/** What is drawn of one axis, and how much room the rest takes before and after it. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly after: number;
}

function wholeOf(size: number): Span {
  return { from: 0, to: size, before: 0, after: 0 };
}

function spanOf(axis: ReturnType<typeof useVirtualRows>): Span {
  const items = axis.getVirtualItems();
  const [first] = items;
  const last = items.at(-1);
  if (!first || !last) return { from: 0, to: 0, before: 0, after: axis.getTotalSize() };
  return {
    from: first.index,
    to: last.index + 1,
    before: first.start,
    after: Math.max(0, axis.getTotalSize() - last.end),
  };
}

function inSpan(index: number, { from, to }: Span): boolean {
  return index >= from && index < to;
}

/** Bring out the names of the row and column that are pointed at. Nothing is rendered for it. */
function light(table: HTMLElement | null, target: EventTarget | null): void {
  for (const lit of table?.querySelectorAll('th[data-lit]') ?? []) lit.removeAttribute('data-lit');
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-cell]') : null;
  const [row, column] = cell?.dataset.cell?.split(',') ?? [];
  if (row === undefined || column === undefined) return;
  for (const name of table?.querySelectorAll(`th[data-row="${row}"], th[data-column="${column}"]`) ?? [])
    name.setAttribute('data-lit', '');
}

/** Mistakes that are made most, in words. */
function Mixups({ model, onOpen }: Pick<MatrixProps, 'model' | 'onOpen'>) {
  const worst = worstMixups(model.confusion, 3);
  if (worst.length === 0) return <p className={styles.quiet}>Not a single image was mistaken.</p>;
  return (
    <p className={styles.quiet}>
      Mixed up most:{' '}
      {worst.map(({ row, column, count: images }, index) => (
        <span key={`${row},${column}`}>
          {index > 0 && ', '}
          <button
            type="button"
            className={styles.mixup}
            onClick={() => {
              onOpen?.({ row, column });
            }}
          >
            {model.labels[row]} taken for {model.labels[column]} ({count(images)})
          </button>
        </span>
      ))}
    </p>
  );
}

function SmallMatrix({ model }: { model: EvaluatedModel }) {
  const { labels, confusion } = model;
  const name = `Confusion matrix of ${labels.length} classes; open the output to read it`;
  if (labels.length > MANY) return <HeatMap confusion={confusion} label={name} />;
  return (
    <div
      className={styles.small}
      style={{ gridTemplateColumns: `repeat(${labels.length}, 1fr)` }}
      role="img"
      aria-label={name}
    >
      {labels.map((label, row) =>
        labels.map((predicted, column) => (
          <span
            key={`${label}/${predicted}`}
            className={cx(
              styles.button,
              row === column && styles.right,
              (confusion[row]?.[column] ?? 0) === 0 && styles.none,
            )}
            style={{ '--heat': shareOf(confusion, row, column) } as React.CSSProperties}
          />
        )),
      )}
    </div>
  );
}
