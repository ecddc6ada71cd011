import { expect, it } from 'vitest';
import type { ModuleMap } from '../modules/catalog';
import { contentFrom } from './documentStore';
import { layoutPositions } from './layout';
import { CATALOG, chain, document, node, wire } from './testing';

const content = contentFrom(chain());
const sizes = new Map(content.order.map((id) => [id, { width: 200, height: 80 }]));

it('puts every node below what feeds it', () => {
  const positions = layoutPositions(content, sizes);
  const y = (id: string) => positions.get(id)?.[1] ?? Number.NaN;
  for (const { from, to } of content.wires) expect(y(to[0])).toBeGreaterThanOrEqual(y(from[0]) + 80);
});

it('lets no two nodes overlap', () => {
  const placed = [...layoutPositions(content, sizes).values()];
  placed.forEach(([x, y], index) => {
    for (const [otherX, otherY] of placed.slice(index + 1)) {
      expect(Math.abs(x - otherX) >= 200 || Math.abs(y - otherY) >= 80).toBe(true);
    }
  });
});

it('gives the same drawing each time and keeps its corner', () => {
  const positions = layoutPositions(content, sizes);
  expect(layoutPositions(content, sizes)).toEqual(positions);
  expect(Math.min(...[...positions.values()].map(([x]) => x))).toBe(0);
});

it('moves only the nodes it is asked to', () => {
  expect([...layoutPositions(content, sizes, undefined, new Set(['a', 'b'])).keys()]).toEqual(['a', 'b']);
});

it('puts what feeds a left port to the left of what feeds a right one', () => {
  const modules: ModuleMap = new Map(CATALOG.modules.map((spec) => [spec.id, spec]));
  const pipeline = document(
    [node('convert', 'convert'), node('net', 'densenet'), node('train', 'train')],
    [wire('convert.images', 'train.training_dataset'), wire('net.untrained_model', 'train.untrained_model')],
  );
  const positions = layoutPositions(contentFrom(pipeline), sizes, modules);
  expect(positions.get('net')?.[0]).toBeLessThan(positions.get('convert')?.[0] ?? 0);
});
