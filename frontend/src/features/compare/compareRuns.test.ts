import { describe, expect, it } from 'vitest';
import { CATALOG } from '@/lib/document/testing';
import { runOf } from '@/lib/run/fixtures';
import type { Run } from '@/lib/run/types';
import { changedParameters, differenceOf, figures, learningNodes, overlay } from './compareRuns';

const modules = new Map(CATALOG.modules.map((spec) => [spec.id, spec]));

function learnt(losses: readonly number[], accuracy: number): Run {
  return runOf({
    train: {
      status: 'completed',
      metrics: [
        ...losses.map((val_loss, index) => ({
          axis: 'epoch' as const,
          step: index + 1,
          values: { val_loss },
        })),
        { axis: 'result' as const, step: 0, values: { accuracy } },
      ],
    },
  });
}

function withNode(run: Run, module: string, parameters: Record<string, number>): Run {
  const nodes = run.document.nodes.map((node) => ({ ...node, module, parameters }));
  return { ...run, document: { ...run.document, nodes } };
}

describe('runs side by side', () => {
  const runs = [learnt([2, 1], 0.5), learnt([3, 2, 1.5], 0.75)];

  it('overlays curves over the same epochs', () => {
    expect(learningNodes(runs)).toEqual(['train']);
    expect(overlay(runs, 'train', ['val_loss', 'train_loss'])).toEqual({
      x: [1, 2, 3],
      lines: [
        { run: 0, name: 'val_loss', y: [2, 1, null] },
        { run: 1, name: 'val_loss', y: [3, 2, 1.5] },
      ],
    });
  });

  it('says which run is best in what', () => {
    const best = Object.fromEntries(figures(runs).map(({ name, best: index }) => [name, index]));
    expect(best).toEqual({ accuracy: 1, val_loss: 0, best_epoch: null });
  });

  it('names the parameters that differ, and no others', () => {
    const module = CATALOG.modules.find(({ parameters }) => parameters.length > 0);
    const parameter = module?.parameters.find(({ kind }) => kind === 'number' || kind === 'integer');
    if (module === undefined || parameter === undefined) throw new Error('no such module');
    const two = runs.map((run, index) => withNode(run, module.id, { [parameter.id]: (index + 1) / 10 }));
    const rows = changedParameters(two, modules);
    expect(rows.map((row) => [row.parameter, row.values])).toEqual([[parameter.label, ['0.1', '0.2']]]);
    expect(differenceOf('train', two, rows)).toBe('changed');
  });

  it('knows nodes that a run lacks', () => {
    const rows = changedParameters([runOf({ a: {} }), runOf({ a: {}, b: {} })], modules);
    expect(rows).toEqual([
      { nodeId: 'b', node: 'identity', parameter: 'In the pipeline', values: ['no', 'yes'] },
    ]);
  });
});
