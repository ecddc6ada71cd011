import { useMemo } from 'react';

import type { ChartLine } from '@/components/charts/chartTypes';
import { LineChart } from '@/components/charts/LineChart';

import { bestIndex } from './curves';
import type { Curves } from './curves';
import styles from './LearningCharts.module.css';
import { metricTicks, metricTitle, metricWords } from './metricNames';

interface Group {
  title: string;
  names: readonly string[];
}

/** Charts that people know; whatever else was measured gets one chart each. */
const GROUPS: readonly Group[] = [
  { title: 'Loss', names: ['train_loss', 'val_loss', 'loss'] },
  { title: 'Accuracy', names: ['train_accuracy', 'val_accuracy', 'val_top5', 'accuracy'] },
];

interface LearningChartsProps {
  curves: Curves;
  height?: number;
}

/** How training went: loss, accuracy, and everything else that was measured, with the best epoch marked. */
export function LearningCharts({ curves, height = 160 }: LearningChartsProps) {
  const best = bestIndex(curves);
  const mark = useMemo(() => (best === null ? null : { index: best, label: 'the best' }), [best]);
  const charts = useMemo(() => chartsOf(curves), [curves]);
  const axis = curves.axis === 'epoch' ? 'Epoch' : 'Step';
  return (
    <div className={styles.charts}>
      {charts.map(({ title, lines, words, ticks }) => (
        <section key={title}>
          <LineChart
            title={title}
            label={`${title} by ${axis.toLowerCase()}`}
            x={curves.x}
            xLabel={axis}
            lines={lines}
            height={height}
            words={words}
            ticks={ticks}
            mark={mark}
          />
        </section>
      ))}
    </div>
  );
}

interface Chart {
  title: string;
  lines: readonly ChartLine[];
  words: (value: number) => string;
  ticks: (value: number) => string;
}

function chartsOf(curves: Curves): readonly Chart[] {
  const grouped = new Set(GROUPS.flatMap(({ names }) => names));
  const groups: readonly Group[] = [
    ...GROUPS,
    ...curves.series
      .filter(({ name }) => !grouped.has(name))
      .map(({ name }) => ({ title: metricTitle(name), names: [name] })),
  ];
  return groups
    .map(({ title, names }) => ({
      title,
      lines: curves.series
        .filter(({ name }) => names.includes(name))
        .map(({ name, y }) => ({ label: lineTitle(name), y, ...look(name) })),
      words: metricWords(names[0] ?? ''),
      ticks: metricTicks(names[0] ?? ''),
    }))
    .filter(({ lines }) => lines.length > 0);
}

function lineTitle(name: string): string {
  if (name === 'val_top5') return metricTitle(name); // beside the accuracy, whose line is called Validation
  if (name.startsWith('train_')) return 'Training';
  if (name.startsWith('val_')) return 'Validation';
  return metricTitle(name);
}

function look(name: string): Pick<ChartLine, 'color' | 'dashed'> {
  if (name === 'val_top5') return { color: '--chart-4', dashed: true };
  if (name.startsWith('val_')) return { color: '--chart-1' };
  if (name.startsWith('train_')) return { color: '--chart-2', dashed: true };
  return { color: '--chart-3' };
}
