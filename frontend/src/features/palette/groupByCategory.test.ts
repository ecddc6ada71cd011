import { expect, it } from 'vitest';
import type { ModuleSpec } from '@/services/types.generated';
import { groupByCategory } from './groupByCategory';

function spec(id: string, category: string): ModuleSpec {
  return {
    id,
    title: id,
    category,
    version: 1,
    help: '',
    distributed: false,
    inputs: [],
    outputs: [],
    parameters: [],
  };
}

it('keeps the order of the categories, loses no module and shows no empty category', () => {
  const groups = groupByCategory(
    [spec('a', 'New'), spec('b', 'Train'), spec('c', 'Data')],
    ['Data', 'Empty', 'Train'],
  );
  expect(groups.map(({ category, modules }) => [category, modules.map(({ id }) => id)])).toEqual([
    ['Data', ['c']],
    ['Train', ['b']],
    ['New', ['a']],
  ]);
});
