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

it('goes through a pipeline stage by stage and ends with categories it does not know', () => {
  const groups = groupByCategory([
    spec('a', 'New'),
    spec('b', 'Model Training'),
    spec('c', 'Data Input and Output'),
    spec('d', 'Model Training'),
  ]);
  expect(groups.map(({ category, modules }) => [category, modules.map(({ id }) => id)])).toEqual([
    ['Data Input and Output', ['c']],
    ['Model Training', ['b', 'd']],
    ['New', ['a']],
  ]);
});
