import { expect, it } from 'vitest';
import type { ModulesAnswer } from '@/services/types.generated';
import { joinFor } from './joinFor';
import { CATALOG, chain } from './testing';
import type { DocumentNode } from './types';

const modules = new Map((CATALOG as ModulesAnswer).modules.map((spec) => [spec.id, spec]));
const { nodes: list, wires } = chain();
const nodes = Object.fromEntries(list.map((node) => [node.id, node]));
const named = (id: string): DocumentNode => {
  const found = nodes[id];
  if (!found) throw new Error(id);
  return found;
};
const join = (a: string, b: string) => joinFor({ nodes, wires }, modules, named(a), named(b));

it('takes the first free input that fits', () => {
  expect(join('b', 'train')).toEqual({ from: ['b', 'first'], to: ['train', 'training_dataset'] });
});

it('turns the two around where only that fits', () => {
  expect(join('train', 'densenet')).toEqual({
    from: ['densenet', 'untrained_model'],
    to: ['train', 'untrained_model'],
  });
});

it('says why there is no wire', () => {
  expect(join('data', 'densenet')).toEqual({
    reason: 'Nothing that Data set makes fits DenseNet, nor the other way round.',
  });
  expect(join('convert', 'b')).toEqual({
    reason: 'Every input of Split B that fits has a wire already.',
  });
});
