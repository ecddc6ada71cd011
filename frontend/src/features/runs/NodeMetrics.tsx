import { ChartSpline } from 'lucide-react';
import { useMemo, useState } from 'react';

import { EmptyState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { Switch } from '@/components/ui/Switch';
import { bestIndex, curvesOf } from '@/lib/run/curves';
import type { Curves } from '@/lib/run/curves';
import { LearningCharts } from '@/lib/run/LearningCharts';
import { MemoryCurve } from '@/lib/run/MemoryCurve';
import { metricTitle, metricWords } from '@/lib/run/metricNames';
import { useNodeRun, useRunState } from '@/lib/run/runStore';
import { isNodeOver } from '@/lib/run/types';

import styles from './NodeMetrics.module.css';

/** What a node measured: curves over its epochs with the best one marked, and every figure in a table. */
export function NodeMetrics({ nodeId }: { nodeId: string }) {
  const runId = useRunState((view) => view.runId);
  const loading = useRunState((view) => view.runId !== null && view.run === null && view.error === null);
  const node = useNodeRun(nodeId);
  const metrics = node?.metrics;
  const byAxis = useMemo(() => {
    const axes = [...new Set(metrics?.map(({ axis }) => axis))].sort((a, b) => b.localeCompare(a));
    return axes.map((axis) => curvesOf(metrics ?? [], axis));
  }, [metrics]);

  if (loading) return <Waiting />;
  if (runId === null || node === undefined) {
    return (
      <EmptyState icon={<ChartSpline />} title="No metrics yet">
        Submit the pipeline; what this node measures appears here while it runs.
      </EmptyState>
    );
  }
  const memory = node.memory.length > 1 ? <MemoryCurve points={node.memory} peak={node.memory_peak} /> : null;
  if (byAxis.length === 0) {
    if (memory !== null) return <div className={styles.metrics}>{memory}</div>;
    return (
      <EmptyState icon={<ChartSpline />} title={isNodeOver(node.status) ? 'No metrics' : 'No metrics yet'}>
        {isNodeOver(node.status)
          ? 'This node measured nothing in this run.'
          : 'The first figures come with the first epoch.'}
      </EmptyState>
    );
  }
  return (
    <div className={styles.metrics}>
      {byAxis.map((curves) =>
        curves.x.length === 1 ? (
          <Figures key={curves.axis} curves={curves} />
        ) : (
          <Curve key={curves.axis} curves={curves} />
        ),
      )}
      {memory}
    </div>
  );
}

function Waiting() {
  return (
    <div className={styles.metrics}>
      <Skeleton height={160} lines={2} />
    </div>
  );
}

/** Figures that were told once are no curve. */
function Figures({ curves }: { curves: Curves }) {
  return (
    <dl className={styles.figures}>
      {curves.series.map(({ name, y }) => (
        <div key={name}>
          <dt>{metricTitle(name)}</dt>
          <dd>{y[0] == null ? '–' : metricWords(name)(y[0])}</dd>
        </div>
      ))}
    </dl>
  );
}

function Curve({ curves }: { curves: Curves }) {
  const [shown, setShown] = useState(true);
  return (
    <section className={styles.section}>
      <LearningCharts curves={curves} />
      <label className={styles.toggle}>
        <span>Every {curves.axis} in a table</span>
        <Switch label={`Every ${curves.axis} in a table`} checked={shown} onCheckedChange={setShown} />
      </label>
      {shown && <Table curves={curves} />}
    </section>
  );
}

function Table({ curves }: { curves: Curves }) {
  const best = bestIndex(curves);
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={`Figures by ${curves.axis}`}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{curves.axis === 'epoch' ? 'Epoch' : 'Step'}</th>
            {curves.series.map(({ name }) => (
              <th key={name} scope="col">
                {metricTitle(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {curves.x.map((step, row) => (
            <tr key={step} className={row === best ? styles.best : undefined}>
              <th scope="row">
                {step}
                {row === best && <span className={styles.star}> best</span>}
              </th>
              {curves.series.map(({ name, y }) => (
                <td key={name}>{y[row] == null ? '–' : metricWords(name)(y[row])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
