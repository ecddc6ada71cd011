import { expect, it } from 'vitest';
import { readingOrder } from './readingOrder';
import { wire } from './testing';

it('puts each node after those that feed it', () => {
  const wires = [wire('b.x', 'a.y'), wire('c.x', 'b.y')];
  expect(readingOrder({ order: ['a', 'b', 'c', 'd'], wires })).toEqual(['c', 'd', 'b', 'a']);
});

it('loses no node to a loop', () => {
  const wires = [wire('b.x', 'a.y'), wire('a.x', 'b.y')];
  expect(readingOrder({ order: ['a', 'b', 'c'], wires })).toEqual(['c', 'a', 'b']);
});
