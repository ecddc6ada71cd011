import { expect, it } from 'vitest';
import { joinTargets, outlineRows } from './outline';
import { CATALOG, chain } from './testing';

const modules = new Map(CATALOG.modules.map((spec) => [spec.id, spec]));
const { nodes: list, wires } = chain();
const content = {
  nodes: Object.fromEntries(list.map((node) => [node.id, node])),
  order: list.map((node) => node.id),
  wires,
};

it('lists nodes in flow order, and the ports and wires of those that are unfolded', () => {
  const rows = outlineRows(content, modules, (id) => id === 'a');
  expect(rows.map(({ level, text }) => `${level} ${text}`)).toEqual([
    '1 Data set',
    '1 DenseNet',
    '1 Train PyTorch Model',
    '1 Convert to Image Directory',
    '1 Split A',
    '2 images',
    '3 from Convert to Image Directory, images',
    '2 first',
    '3 to Split B, images',
    '2 second',
    '1 Split B',
  ]);
});

it('offers only the ports that take a wire, and says which wire it would replace', () => {
  const targets = joinTargets(content, modules, { ref: ['a', 'second'], side: 'output' });
  expect(targets.map(({ text, replaces }) => [text, replaces?.from[0]])).toEqual([
    ['Train PyTorch Model, training dataset', undefined],
    ['Train PyTorch Model, validation dataset', undefined],
    ['Split B, images', 'a'],
  ]);
});
