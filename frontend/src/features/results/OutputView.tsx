import { ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import type { OutputRef } from '@/lib/run/nodeNames';
import { usePreview } from '@/services/queries/usePreview';
import type { Preview } from '@/services/types.generated';

import { EvaluationView } from './evaluation/EvaluationView';
import { ExportView } from './ExportView';
import { FilesView } from './FilesView';
import { ImageDirectoryView } from './images/ImageDirectoryView';
import { ModelView } from './ModelView';
import { ScoreView } from './scores/ScoreView';
import { TableView } from './TableView';
import { TransformationView } from './TransformationView';
import { UntrainedModelView } from './UntrainedModelView';

interface OutputViewProps {
  output: OutputRef;
  /** A glance for the panel instead of the whole thing. */
  compact?: boolean;
}

/** An output drawn by what is in it. */
export function OutputView({ output, compact = false }: OutputViewProps) {
  const first = usePreview(output, { limit: 12 });
  if (first.isPending) return <Loading compact={compact} />;
  if (first.isError) {
    return <ErrorState title="No preview" error={first.error} onRetry={() => void first.refetch()} />;
  }
  return <View output={output} compact={compact} first={first.data} />;
}

function Loading({ compact }: { compact: boolean }) {
  return compact ? (
    <Skeleton height={64} />
  ) : (
    <div style={{ padding: 20 }}>
      <Skeleton height={96} lines={5} />
    </div>
  );
}

function View({ output, compact, first }: { output: OutputRef; compact: boolean; first: Preview }) {
  if ('cell' in first) return null; // an answer to a question about one cell, which is not asked here
  switch (first.type) {
    case 'ImageDirectory':
      return <ImageDirectoryView output={output} first={first} compact={compact} />;
    case 'TransformationDirectory':
      return <TransformationView preview={first} compact={compact} />;
    case 'UntrainedModelDirectory':
      return <UntrainedModelView preview={first} />;
    case 'ModelDirectory':
      return <ModelView preview={first} compact={compact} />;
    case 'AnyDirectory':
      if (first.exported !== null) {
        return <ExportView output={output} preview={first} exported={first.exported} compact={compact} />;
      }
      return <FilesView preview={first} output={output} compact={compact} />;
    case 'DataFrameDirectory':
      switch (first.kind) {
        case 'scored':
          return <ScoreView output={output} first={first} compact={compact} />;
        case 'evaluation':
          return <EvaluationView output={output} preview={first} compact={compact} />;
        case 'table':
          return <TableView output={output} first={first} compact={compact} />;
      }
  }
}
