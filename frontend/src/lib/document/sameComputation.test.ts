import { expect, it } from 'vitest';
import { sameComputation } from './sameComputation';
import type { DocumentNode } from './types';

const node = (id: string, change: Partial<DocumentNode> = {}): DocumentNode => ({
  id,
  module: 'm',
  version: 1,
  label: '',
  comment: '',
  parameters: {},
  compute_target: null,
  resources: { node_count: 1, process_count_per_node: 1 },
  regenerate_output: false,
  position: [0, 0],
  ...change,
});
const wire = { from: ['a', 'out'], to: ['b', 'in'] } as const;

it('does not mind places, names and order', () => {
  const before = { nodes: [node('a'), node('b')], wires: [wire] };
  const after = { nodes: [node('b', { position: [9, 9] }), node('a', { label: 'A' })], wires: [wire] };
  expect(sameComputation(before, after)).toBe(true);
});

it('sees another parameter, wire or node', () => {
  const before = { nodes: [node('a'), node('b')], wires: [wire] };
  expect(sameComputation(before, { ...before, wires: [] })).toBe(false);
  expect(sameComputation(before, { ...before, nodes: [node('a')] })).toBe(false);
  const changed = { ...before, nodes: [node('a', { parameters: { epochs: 2 } }), node('b')] };
  expect(sameComputation(before, changed)).toBe(false);
});
