import { expect, it } from 'vitest';
import type { ModuleSpec } from '@/services/types.generated';
import { searchModules } from './search';

function spec(title: string, help = ''): ModuleSpec {
  const id = title.toLowerCase().replaceAll(' ', '-');
  return {
    id,
    title,
    category: 'Vision',
    version: 1,
    help,
    distributed: false,
    inputs: [],
    outputs: [],
    parameters: [],
  };
}

const MODULES = [
  spec('Convert to Image Directory'),
  spec('Init Image Transformation'),
  spec('DenseNet', 'Describe a classifier for Train PyTorch Model.'),
  spec('Train PyTorch Model'),
];

function found(query: string): string[] {
  return searchModules(MODULES, query).map(({ title }) => title);
}

it('puts titles that start with the words first and help texts last', () => {
  expect(found('train')).toEqual(['Train PyTorch Model', 'DenseNet']);
});

it('finds words in any order, and initials', () => {
  expect(found('image init')).toEqual(['Init Image Transformation']);
  expect(found('tpm')).toEqual(['Train PyTorch Model']);
});

it('lists everything for an empty search and nothing for nonsense', () => {
  expect(found(' ')).toHaveLength(4);
  expect(found('zzz')).toEqual([]);
});
