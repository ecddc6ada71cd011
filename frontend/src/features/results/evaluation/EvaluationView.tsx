import { narrow, useNarrowing, widen } from '@/lib/outputAddress';
import { percent } from '@/lib/run/format';
import type { OutputRef } from '@/lib/run/nodeNames';
import type { EvaluatedModel, EvaluationPreview } from '@/services/types.generated';

import { Facts } from '../Facts';
import shared from '../View.module.css';
import { CellImages } from './CellImages';
import { ConfusionMatrix } from './ConfusionMatrix';
import type { Cell } from './ConfusionMatrix';
import { cellOf } from './confusion';
import styles from './EvaluationView.module.css';
import { PerClassTable } from './PerClassTable';
import { RocChart } from './RocChart';

interface EvaluationViewProps {
  output: OutputRef;
  preview: EvaluationPreview;
  compact: boolean;
}

const MODEL_NAMES: Readonly<Record<string, string>> = {
  scored_dataset: 'Model',
  scored_dataset_to_compare: 'Model to compare',
};

/** How good a model is: figures, the confusion matrix with the images behind each cell, classes and ROC curves. */
export function EvaluationView({ output, preview, compact }: EvaluationViewProps) {
  if (compact) return <Glance preview={preview} />;
  return (
    <div className={shared.view} style={{ maxWidth: 1440 }}>
      {preview.models.length > 1 && <Comparison models={preview.models} />}
      <div className={styles.models}>
        {preview.models.map((model, index) => (
          <Model
            key={model.name}
            output={output}
            model={model}
            index={index}
            named={preview.models.length > 1}
          />
        ))}
      </div>
    </div>
  );
}

function Glance({ preview }: { preview: EvaluationPreview }) {
  return preview.models.map((model) => (
    <div key={model.name} className={styles.glance}>
      {preview.models.length > 1 && <h4>{nameOf(model)}</h4>}
      <Facts facts={figuresOf(model)} />
      <ConfusionMatrix model={model} small />
    </div>
  ));
}

function Model({
  output,
  model,
  index,
  named,
}: {
  output: OutputRef;
  model: EvaluatedModel;
  index: number;
  named: boolean;
}) {
  const asked = useNarrowing();
  const cell = cellOf(asked.cell, index, model.labels.length);
  const open = ({ row, column }: Cell) => {
    narrow({ ...asked, cell: [index, row, column].join(',') });
  };
  return (
    <article className={styles.model} aria-label={nameOf(model)}>
      {named && <h2 className={styles.name}>{nameOf(model)}</h2>}
      {!named && <Facts facts={figuresOf(model)} large />}
      <div className={styles.pair}>
        <section>
          <h3 className={shared.heading}>Confusion matrix</h3>
          <ConfusionMatrix model={model} onOpen={open} />
        </section>
        {Object.keys(model.roc).length > 0 && (
          <section>
            <h3 className={shared.heading}>ROC curves, one class against the rest</h3>
            <RocChart model={model} />
          </section>
        )}
      </div>
      <section>
        <h3 className={shared.heading}>Classes</h3>
        <PerClassTable model={model} />
      </section>
      {cell !== null && (
        <CellImages
          output={output}
          model={model}
          index={index}
          cell={cell}
          onClose={() => {
            widen('cell');
          }}
        />
      )}
    </article>
  );
}

/** Two models in one table, with what the second gains. */
function Comparison({ models }: { models: readonly EvaluatedModel[] }) {
  const [base, other] = models;
  if (base === undefined || other === undefined) return null;
  const rows = figuresOf(base).map(({ label, number }, index) => ({
    label,
    before: number,
    after: figuresOf(other)[index]?.number ?? null,
  }));
  return (
    <div className={shared.scroll}>
      <table className={shared.table}>
        <thead>
          <tr>
            <th scope="col">Side by side</th>
            <th scope="col">{nameOf(base)}</th>
            <th scope="col">{nameOf(other)}</th>
            <th scope="col">Difference</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ label, before, after }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{words(before)}</td>
              <td>{words(after)}</td>
              <td>
                <Difference before={before} after={after} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Difference({ before, after }: { before: number | null; after: number | null }) {
  if (before === null || after === null) return '–';
  const points = (after - before) * 100;
  const tone = Math.abs(points) < 0.05 ? undefined : points > 0 ? styles.better : styles.worse;
  return <span className={tone}>{`${points > 0 ? '+' : ''}${points.toFixed(1)} points`}</span>;
}

function figuresOf(model: EvaluatedModel) {
  const figures: { label: string; number: number | null }[] = [
    { label: 'Accuracy', number: model.accuracy },
    ...(model.top5 === null ? [] : [{ label: 'Top 5', number: model.top5 }]),
    { label: 'Macro F1', number: model.macro.f1 },
    { label: 'Macro precision', number: model.macro.precision },
    { label: 'Macro recall', number: model.macro.recall },
    { label: 'Macro AUC', number: model.auc.macro },
  ];
  return figures.map((figure) => ({ ...figure, value: words(figure.number) }));
}

function words(value: number | null): string {
  return value === null ? '–' : percent(value);
}

function nameOf(model: EvaluatedModel): string {
  return MODEL_NAMES[model.name] ?? model.name;
}
