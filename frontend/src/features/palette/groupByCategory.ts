import { groupBy } from '@/lib/groupBy';
import type { ModuleSpec } from '@/services/types.generated';

export interface CategoryGroup {
  readonly category: string;
  readonly modules: readonly ModuleSpec[];
}

/** Stages of a pipeline, in the order in which one is built. */
const STAGES = [
  'Data Input',
  'Image Data Transformation',
  'Image Classification',
  'Model Training',
  'Scoring',
];

/** Modules under their categories, stage by stage; categories of no known stage come last, none is empty. */
export function groupByCategory(modules: readonly ModuleSpec[]): CategoryGroup[] {
  const groups = groupBy(modules, (spec) => spec.category);
  return [...groups]
    .map(([category, members]) => ({ category, modules: members }))
    .sort((a, b) => stageOf(a.category) - stageOf(b.category) || a.category.localeCompare(b.category));
}

function stageOf(category: string): number {
  const stage = STAGES.findIndex((name) => category.includes(name));
  return stage === -1 ? STAGES.length : stage;
}
