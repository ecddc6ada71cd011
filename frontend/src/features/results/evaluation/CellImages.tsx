import { Dialog } from '@/components/ui/Dialog';
import { ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { counted, percent } from '@/lib/run/format';
import type { OutputRef } from '@/lib/run/nodeNames';
import { useModelBehind } from '@/lib/run/upstream';
import { usePreview } from '@/services/queries/usePreview';
import type { ConfusionCellPreview, EvaluatedModel, ScoredRow } from '@/services/types.generated';

import { ImageGrid } from '../images/ImageGrid';
import type { ImageItem } from '../images/imageItem';
import { ScoreDetails } from '../scores/Probabilities';
import styles from './CellImages.module.css';
import type { Cell } from './ConfusionMatrix';

interface CellImagesProps {
  output: OutputRef;
  model: EvaluatedModel;
  index: number;
  cell: Cell;
  onClose: () => void;
}

/** The images behind one cell of the confusion matrix, the surest first. */
export function CellImages({ output, model, index, cell, onClose }: CellImagesProps) {
  const behind = useModelBehind(output.nodeId, model.name);
  const params = { cell: `${cell.row},${cell.column}`, model: index };
  const first = usePreview<ConfusionCellPreview>(output, { ...params, limit: 1 });
  const truth = model.labels[cell.row] ?? '';
  const guess = model.labels[cell.column] ?? '';
  const total = model.confusion[cell.row]?.[cell.column] ?? 0;
  const title = cell.row === cell.column ? `${truth}, recognised` : `${truth} taken for ${guess}`;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      size="xl"
      title={title}
      description={`${counted(total, 'image')}, those the model was surest of first`}
    >
      <div className={styles.body} style={{ height: `min(${heightFor(total)}px, 62dvh)` }}>
        {first.isPending ? (
          <Skeleton height={120} lines={2} />
        ) : first.isError ? (
          <ErrorState
            title="The images can’t be shown"
            error={first.error}
            onRetry={() => void first.refetch()}
          />
        ) : (
          <ImageGrid<ConfusionCellPreview, ImageItem & ScoredRow>
            label={title}
            target={output}
            params={params}
            total={first.data.total}
            digest={first.data.images_digest ?? model.images_digest}
            pick={itemsOf}
            question={(row) =>
              behind === null ? null : { model: behind, predicted: row.predicted, truth: row.category }
            }
            details={(row) => <ScoreDetails row={row} labels={model.labels} />}
          />
        )}
      </div>
    </Dialog>
  );
}

/** Known before the images are, so that the dialog opens with its size. */
function heightFor(total: number): number {
  return total <= 7 ? 220 : total <= 14 ? 390 : 560;
}

function itemsOf(page: ConfusionCellPreview): readonly (ImageItem & ScoredRow)[] {
  return page.rows.map((row) => ({ ...row, title: row.id, caption: percent(row.confidence) }));
}
