import { useMemo } from 'react';

import { Badge } from '@/components/ui/Badge';
import { LearningCharts } from '@/lib/run/LearningCharts';
import { bestIndex, curvesOf } from '@/lib/run/curves';
import { count, short } from '@/lib/run/format';
import { metricTitle, metricWords } from '@/lib/run/metricNames';
import type { NodeMetric } from '@/lib/run/types';
import type { ModelPreview } from '@/services/types.generated';

import { Facts } from './Facts';
import { Markdown } from './Markdown';
import shared from './View.module.css';

interface ModelViewProps {
  preview: ModelPreview;
  compact: boolean;
}

/** A trained model: how well it does, how it learnt, what it knows, and its card. */
export function ModelView({ preview, compact }: ModelViewProps) {
  const curves = useMemo(() => curvesOf(historyOf(preview), 'epoch'), [preview]);
  const named = preview.history.findIndex(({ epoch }) => epoch === preview.best_epoch);
  const best = named >= 0 ? named : bestIndex(curves);
  const atBest = best === null ? undefined : preview.history[best];
  const figures = ['val_accuracy', 'val_loss', 'train_accuracy']
    .map((name) => ({ name, value: atBest?.[name] ?? null }))
    .filter((figure): figure is { name: string; value: number } => figure.value !== null);
  const facts = [
    ...figures.map(({ name, value }) => ({ label: metricTitle(name), value: metricWords(name)(value) })),
    ...(preview.best_epoch === null
      ? []
      : [{ label: 'Best epoch', value: `${preview.best_epoch} of ${preview.history.length}` }]),
    ...(preview.parameter_count === null
      ? []
      : [
          {
            label: 'Parameters',
            value: short(preview.parameter_count),
            title: count(preview.parameter_count),
          },
        ]),
    { label: 'Categories', value: preview.categories.length },
    ...(preview.image_size === null ? [] : [{ label: 'Image size', value: preview.image_size.join(' × ') }]),
  ];
  if (compact) return <Facts facts={facts} />;
  return (
    <div className={shared.view}>
      <Facts facts={facts} large />
      {preview.history.length > 1 && (
        <section>
          <h3 className={shared.heading}>How it learnt</h3>
          <LearningCharts curves={curves} height={200} />
        </section>
      )}
      <section>
        <h3 className={shared.heading}>Categories</h3>
        <p className={shared.chips}>
          {preview.categories.map((category) => (
            <Badge key={category}>{category}</Badge>
          ))}
        </p>
      </section>
      <section>
        <h3 className={shared.heading}>Architecture and training</h3>
        <Facts facts={[...factsOf(preview.architecture), ...factsOf(preview.summary)]} />
      </section>
      {preview.card !== '' && (
        <section>
          <h3 className={shared.heading}>Model card</h3>
          <Markdown text={preview.card} />
        </section>
      )}
    </div>
  );
}

function historyOf(preview: ModelPreview): NodeMetric[] {
  return preview.history.map(({ epoch, ...values }, index) => ({
    axis: 'epoch',
    step: epoch ?? index + 1,
    values,
  }));
}

/** Plain values by name; what is nested is shown as JSON, so that nothing is hidden. */
function factsOf(record: Readonly<Record<string, unknown>>) {
  return Object.entries(record).map(([name, value]) => ({
    label: metricTitle(name),
    value: plain(name, value),
  }));
}

function plain(name: string, value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') {
    return Number.isInteger(value) && !/accuracy/.test(name) ? count(value) : metricWords(name)(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
