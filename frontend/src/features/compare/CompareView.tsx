import { useQueries } from '@tanstack/react-query';
import { Check, GitCompareArrows, Link } from 'lucide-react';
import { useMemo, useState } from 'react';

import { LineChart } from '@/components/charts/LineChart';
import { Button } from '@/components/ui/Button';
import { cx } from '@/components/ui/cx';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { nodeTitle, useCatalog } from '@/lib/modules/catalog';
import { duration, fullMoment, moment } from '@/lib/run/format';
import { metricTicks, metricTitle, metricWords } from '@/lib/run/metricNames';
import { RUN_WORDS } from '@/lib/run/runFigures';
import type { Run } from '@/lib/run/types';
import { useCopy } from '@/lib/useCopy';
import { api } from '@/services/http';
import type { RunAnswer } from '@/services/types.generated';

import { CompareGraph } from './CompareGraph';
import styles from './CompareView.module.css';
import { allNodes, changedParameters, figures, learningNodes, overlay } from './compareRuns';

const COLORS = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-5'];
const CHARTS = [
  { title: 'Loss', names: ['val_loss', 'train_loss'] },
  { title: 'Accuracy', names: ['val_accuracy', 'train_accuracy'] },
];

interface CompareViewProps {
  runIds: readonly string[];
  onOpenRun: (run: Run) => void;
}

/** Runs side by side: what was changed between them, how they learnt, and how well they did. */
export function CompareView({ runIds, onOpenRun }: CompareViewProps) {
  const answers = useQueries({
    queries: runIds.map((id) => ({
      queryKey: ['runs', 'whole', id],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get<RunAnswer>(`runs/${encodeURIComponent(id)}`, { signal }).then((answer) => answer.run),
    })),
  });
  if (runIds.length < 2) {
    return (
      <EmptyState icon={<GitCompareArrows />} title="Nothing to compare">
        Open the list of runs, press “Compare runs” and choose two or more.
      </EmptyState>
    );
  }
  const failed = answers.find(({ isError }) => isError);
  const lost = answers.filter(({ isError }) => isError).length;
  if (failed !== undefined && runIds.length - lost < 2) {
    return (
      <ErrorState
        title="One of the runs can’t be shown"
        error={failed.error}
        onRetry={() => void failed.refetch()}
      />
    );
  }
  const runs = answers.flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (runs.length + lost < runIds.length) {
    return (
      <div className={styles.view}>
        <Skeleton height={120} lines={3} />
      </div>
    );
  }
  return <Compared runs={runs} lost={lost} onOpenRun={onOpenRun} />;
}

interface ComparedProps {
  runs: readonly Run[];
  /** How many of the runs that were asked for can't be shown: deleted, most likely. */
  lost: number;
  onOpenRun: CompareViewProps['onOpenRun'];
}

function Compared({ runs, lost, onOpenRun }: ComparedProps) {
  const modules = useCatalog((state) => state.modules);
  const rows = useMemo(() => changedParameters(runs, modules), [runs, modules]);
  const [nodeId, setNodeId] = useState<string | null>(null);
  const shown = nodeId === null ? rows : rows.filter((row) => row.nodeId === nodeId);
  return (
    <div className={styles.view}>
      <section className={styles.card} aria-label="The runs">
        <ul className={styles.runs}>
          {runs.map((run, index) => (
            <li key={run.id}>
              <Swatch index={index} />
              <button type="button" className={styles.name} onClick={() => onOpenRun(run)}>
                {run.name}
              </button>
              <span className={styles.quiet} title={fullMoment(run.created)}>
                {moment(run.created)} · {RUN_WORDS[run.status]}
                {run.seconds !== null && ` in ${duration(run.seconds)}`}
              </span>
            </li>
          ))}
          {lost > 0 && (
            <li role="status" className={styles.quiet}>
              {lost === 1 ? 'One more run' : `${lost} more runs`} can’t be shown: deleted, or out of reach.
            </li>
          )}
        </ul>
        <CopyLink />
      </section>
      <div className={styles.columns}>
        <section className={styles.card} aria-label="The pipeline">
          <h2>What was changed</h2>
          <CompareGraph runs={runs} rows={rows} selected={nodeId} onSelect={setNodeId} />
          {rows.length === 0 ? (
            <p className={styles.quiet}>The runs have the same nodes and parameters.</p>
          ) : shown.length === 0 ? (
            <p className={styles.quiet}>This node is the same in all runs.</p>
          ) : (
            <RunTable
              runs={runs}
              head={['Node', 'Parameter']}
              rows={shown.map((row) => ({
                key: `${row.nodeId}/${row.parameter}`,
                head: [row.node, row.parameter],
                values: row.values.map((value) => value ?? '–'),
                best: null,
              }))}
            />
          )}
        </section>
        <div className={styles.column}>
          <Learning runs={runs} />
          <Figures runs={runs} />
        </div>
      </div>
    </div>
  );
}

function Learning({ runs }: { runs: readonly Run[] }) {
  const nodes = learningNodes(runs);
  if (nodes.length === 0) return null;
  return nodes.map((nodeId) => (
    <section key={nodeId} className={styles.card} aria-label="Curves">
      <h2>
        <Title runs={runs} nodeId={nodeId} />
      </h2>
      {CHARTS.map(({ title, names }) => {
        const { x, lines } = overlay(runs, nodeId, names);
        if (lines.length === 0) return null;
        return (
          <LineChart
            key={title}
            title={title}
            label={`${title} by epoch, of ${runs.length} runs`}
            x={x}
            xLabel="Epoch"
            height={170}
            lines={lines.map(({ run, name, y }) => ({
              label: `${letterOf(run)} ${name.startsWith('val_') ? 'val.' : 'train.'}`,
              y,
              color: colorOf(run),
              dashed: name.startsWith('train_'),
            }))}
            words={metricWords(names[0] ?? '')}
            ticks={metricTicks(names[0] ?? '')}
          />
        );
      })}
    </section>
  ));
}

function Figures({ runs }: { runs: readonly Run[] }) {
  const modules = useCatalog((state) => state.modules);
  const rows = figures(runs);
  if (rows.length === 0) return null;
  const titles = new Map(allNodes(runs).map((node) => [node.id, nodeTitle(node, modules)]));
  return (
    <section className={styles.card} aria-label="Figures">
      <h2>Figures</h2>
      <RunTable
        runs={runs}
        head={['Node', 'Figure']}
        rows={rows.map(({ key, nodeId, name, values, best }) => ({
          key,
          head: [titles.get(nodeId) ?? nodeId, name === 'best_epoch' ? 'Best epoch' : metricTitle(name)],
          values: values.map((value) =>
            value === null ? '–' : name === 'best_epoch' ? String(value) : metricWords(name)(value),
          ),
          best,
        }))}
      />
    </section>
  );
}

interface TableRow {
  key: string;
  head: readonly string[];
  values: readonly string[];
  best: number | null;
}

function RunTable({
  runs,
  head,
  rows,
}: {
  runs: readonly Run[];
  head: readonly string[];
  rows: readonly TableRow[];
}) {
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={`${head.join(' and ')} by run`}>
      <table className={styles.table}>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
            {runs.map((run, index) => (
              <th key={run.id} scope="col" className={styles.value}>
                <Swatch index={index} /> <span title={fullMoment(run.created)}>{moment(run.created)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              {row.head.map((title, index) => (
                <th key={index} scope="row">
                  {index === 1 && <span className={styles.above}>{row.head[0]}</span>}
                  {title}
                </th>
              ))}
              {row.values.map((value, index) => (
                <td key={index} className={cx(styles.value, row.best === index && styles.best)}>
                  {value}
                  {row.best === index && <span className={styles.hidden}> (best)</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Title({ runs, nodeId }: { runs: readonly Run[]; nodeId: string }) {
  const modules = useCatalog((state) => state.modules);
  const node = allNodes(runs).find(({ id }) => id === nodeId);
  return node === undefined ? nodeId : nodeTitle(node, modules);
}

function Swatch({ index }: { index: number }) {
  return (
    <span className={styles.swatch} style={{ background: `var(${colorOf(index)})` }}>
      {letterOf(index)}
    </span>
  );
}

/** Runs of one minute look alike; a letter tells them apart, also for those who don't see colours. */
function letterOf(index: number): string {
  return String.fromCharCode(65 + (index % 26));
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? '--chart-1';
}

function CopyLink() {
  const [copied, copy] = useCopy();
  return (
    <Button size="sm" icon={copied ? <Check /> : <Link />} onClick={() => copy(window.location.href)}>
      {copied ? 'Link copied' : 'Copy the link'}
    </Button>
  );
}
