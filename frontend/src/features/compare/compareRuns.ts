/** What differs between runs: pure, so that it can be tested without a page. */

import { shownWords } from '@/lib/document/valueWords';
import { nodeTitle, type ModuleMap } from '@/lib/modules/catalog';
import { bestIndex, curvesOf, seriesNamed } from '@/lib/run/curves';
import { nodeOf } from '@/lib/run/runStore';
import type { Run, RunDocument } from '@/lib/run/types';

export type NodeDifference = 'same' | 'changed' | 'missing';

/** One line of the table of changes; a run that lacks the node has null. */
export interface ParameterRow {
  readonly nodeId: string;
  readonly node: string;
  readonly parameter: string;
  readonly values: readonly (string | null)[];
}

type DocumentNode = RunDocument['nodes'][number];

/** Every node that any of the runs has: in the order and with the words of the first that has it. */
export function allNodes(runs: readonly Run[]): readonly DocumentNode[] {
  const found = new Map<string, DocumentNode>();
  for (const run of runs)
    for (const node of run.document.nodes) if (!found.has(node.id)) found.set(node.id, node);
  return [...found.values()];
}

/** The parameters that are not the same in all runs. */
export function changedParameters(runs: readonly Run[], modules: ModuleMap): readonly ParameterRow[] {
  return allNodes(runs).flatMap((node) => {
    const present = runs.map((run) => run.document.nodes.find(({ id }) => id === node.id));
    const title = nodeTitle(node, modules);
    const row = (parameter: string, values: readonly (string | null)[]): ParameterRow[] =>
      new Set(values).size > 1 ? [{ nodeId: node.id, node: title, parameter, values }] : [];
    const there = row(
      'In the pipeline',
      present.map((one) => (one === undefined ? 'no' : 'yes')),
    );
    const module = row(
      'Module',
      present.map((one) => one && (modules.get(one.module)?.title ?? one.module)).map(orNull),
    );
    const spec = modules.get(node.module);
    if (there.length > 0) return there;
    if (spec === undefined || module.length > 0) return module;
    return spec.parameters.flatMap((parameter) =>
      row(
        parameter.label,
        present.map((one) => (one === undefined ? null : shownWords(parameter, spec, one.parameters))),
      ),
    );
  });
}

/** How a node differs between the runs. */
export function differenceOf(
  nodeId: string,
  runs: readonly Run[],
  rows: readonly ParameterRow[],
): NodeDifference {
  if (runs.some((run) => run.document.nodes.every(({ id }) => id !== nodeId))) return 'missing';
  return rows.some((row) => row.nodeId === nodeId) ? 'changed' : 'same';
}

export interface OverlaidLine {
  readonly run: number;
  readonly name: string;
  readonly y: readonly (number | null)[];
}

export interface Overlay {
  readonly x: readonly number[];
  readonly lines: readonly OverlaidLine[];
}

/** Some metrics of one node, of all runs, over the same epochs. */
export function overlay(runs: readonly Run[], nodeId: string, names: readonly string[]): Overlay {
  const all = runs.map((run) => curvesOf(nodeOf(run, nodeId)?.metrics ?? [], 'epoch'));
  const x = [...new Set(all.flatMap((curves) => curves.x))].sort((a, b) => a - b);
  const lines = all.flatMap((curves, run) =>
    names.flatMap((name): OverlaidLine[] => {
      const series = seriesNamed(curves, name);
      if (series === undefined) return [];
      const at = new Map(curves.x.map((step, index) => [step, series.y[index] ?? null]));
      return [{ run, name, y: x.map((step) => at.get(step) ?? null) }];
    }),
  );
  return { x, lines };
}

/** The nodes that learnt over epochs in any of the runs. */
export function learningNodes(runs: readonly Run[]): readonly string[] {
  return allNodes(runs)
    .map(({ id }) => id)
    .filter((id) =>
      runs.some((run) => (nodeOf(run, id)?.metrics ?? []).some(({ axis }) => axis === 'epoch')),
    );
}

export interface FigureRow {
  readonly key: string;
  readonly nodeId: string;
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Which of the runs is best; null where that can't be said or all are the same. */
  readonly best: number | null;
}

const LOWER_IS_BETTER = /loss|error|seconds/;

/** Figures of the runs: what nodes reported as results, and for what learnt its best epoch. */
export function figures(runs: readonly Run[]): readonly FigureRow[] {
  return allNodes(runs).flatMap(({ id }) => {
    const perRun = runs.map((run) => figuresOf(run, id));
    const names = [...new Set(perRun.flatMap((values) => [...values.keys()]))];
    return names.map((name): FigureRow => {
      const values = perRun.map((known) => known.get(name) ?? null);
      return { key: `${id}/${name}`, nodeId: id, name, values, best: bestOf(name, values) };
    });
  });
}

function figuresOf(run: Run, nodeId: string): Map<string, number> {
  const found = new Map<string, number>();
  const metrics = nodeOf(run, nodeId)?.metrics ?? [];
  for (const metric of metrics) {
    if (metric.axis !== 'result') continue;
    for (const [name, value] of Object.entries(metric.values)) if (value !== null) found.set(name, value);
  }
  const curves = curvesOf(metrics, 'epoch');
  const best = bestIndex(curves);
  const step = best === null ? undefined : curves.x[best];
  if (best !== null && step !== undefined) {
    found.set('best_epoch', step);
    for (const name of ['val_loss', 'val_accuracy']) {
      const value = seriesNamed(curves, name)?.y[best];
      if (value != null) found.set(name, value);
    }
  }
  return found;
}

function bestOf(name: string, values: readonly (number | null)[]): number | null {
  if (name === 'best_epoch') return null;
  const known = values.filter((value) => value !== null);
  if (known.length < 2 || new Set(known).size === 1) return null;
  const wanted = LOWER_IS_BETTER.test(name) ? Math.min(...known) : Math.max(...known);
  return values.indexOf(wanted);
}

function orNull(value: string | undefined): string | null {
  return value ?? null;
}
