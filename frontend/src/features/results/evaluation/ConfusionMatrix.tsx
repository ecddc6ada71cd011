import { useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';

import { cx } from '@/components/ui/cx';
import { count, percent } from '@/lib/run/format';
import type { EvaluatedModel } from '@/services/types.generated';

import styles from './ConfusionMatrix.module.css';
import { moved, shareOf, worstMixups } from './confusion';
import type { Scale } from './confusion';

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

function Matrix({ model, scale, onOpen }: MatrixProps) {
  const { labels, confusion } = model;
  const [at, setAt] = useState<Cell>({ row: 0, column: 0 });
  const [hover, setHover] = useState<Cell | null>(null);
  const table = useRef<HTMLTableElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    const to = moved(event.key, at, labels.length, event.ctrlKey || event.metaKey);
    if (to === null) return;
    event.preventDefault();
    setAt(to);
    table.current?.querySelector<HTMLElement>(`[data-cell="${to.row},${to.column}"]`)?.focus();
  };

  return (
    <div className={styles.scroll}>
      <table
        ref={table}
        className={styles.table}
        role="grid"
        aria-label="Confusion matrix"
        onKeyDown={onKeyDown}
      >
        <thead>
          <tr>
            <th className={styles.corner} scope="col">
              <span>True ↓</span>
              <span>Predicted →</span>
            </th>
            {labels.map((label, column) => (
              <th key={label} scope="col" className={cx(styles.top, hover?.column === column && styles.lit)}>
                <span title={label}>{label}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, row) => (
            <tr key={label}>
              <th scope="row" className={cx(styles.left, hover?.row === row && styles.lit)} title={label}>
                {label}
              </th>
              {labels.map((predicted, column) => {
                const images = confusion[row]?.[column] ?? 0;
                const share = shareOf(confusion, row, column);
                return (
                  <td key={predicted} className={styles.cell}>
                    <button
                      type="button"
                      className={cx(
                        styles.button,
                        row === column && styles.right,
                        images === 0 && styles.none,
                      )}
                      style={{ '--heat': share } as React.CSSProperties}
                      data-cell={`${row},${column}`}
                      data-strong={share > 0.5 || undefined}
                      tabIndex={at.row === row && at.column === column ? 0 : -1}
                      aria-label={`${label} taken for ${predicted}: ${count(images)} (${percent(share, 0)} of ${label})`}
                      onFocus={() => {
                        setAt({ row, column });
                      }}
                      onPointerEnter={() => {
                        setHover({ row, column });
                      }}
                      onPointerLeave={() => {
                        setHover(null);
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
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
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
  return (
    <div
      className={styles.small}
      style={{ gridTemplateColumns: `repeat(${labels.length}, 1fr)` }}
      role="img"
      aria-label={`Confusion matrix of ${labels.length} classes; open the output to read it`}
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
