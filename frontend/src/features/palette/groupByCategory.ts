import type { ModuleSpec } from '@/services/types.generated';

export interface CategoryGroup {
  readonly category: string;
  readonly modules: readonly ModuleSpec[];
}

/** Modules under their categories, categories in the given order; those it doesn't name come last, none is empty. */
export function groupByCategory(modules: readonly ModuleSpec[], order: readonly string[]): CategoryGroup[] {
  const all = [...order, ...modules.map((spec) => spec.category)];
  return [...new Set(all)]
    .map((category) => ({ category, modules: modules.filter((spec) => spec.category === category) }))
    .filter((group) => group.modules.length > 0);
}
