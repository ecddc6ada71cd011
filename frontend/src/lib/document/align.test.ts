import { expect, it } from 'vitest';
import { aligned, distributed, snapTo } from './align';
import type { Box } from './annotations';

const boxes = new Map<string, Box>([
  ['a', { position: [0, 0], size: [100, 40] }],
  ['b', { position: [30, 100], size: [200, 40] }],
  ['c', { position: [50, 500], size: [100, 60] }],
]);

it('brings one side of every box into line', () => {
  expect([...aligned(boxes, 'left').values()]).toEqual([
    [0, 0],
    [0, 100],
    [0, 500],
  ]);
  expect([...aligned(boxes, 'right').values()].map(([x]) => x)).toEqual([130, 30, 130]);
  expect([...aligned(boxes, 'centre').values()].map(([x]) => x)).toEqual([65, 15, 65]);
  expect([...aligned(boxes, 'top').values()].map(([, y]) => y)).toEqual([0, 0, 0]);
});

it('makes the gaps equal and leaves the outer ones where they are', () => {
  const down = distributed(boxes, 1);
  expect([...down.values()].map(([, y]) => y)).toEqual([0, 250, 500]);
  expect(distributed(new Map([...boxes].slice(0, 2)), 1).size).toBe(0);
});

it('snaps to the nearest line on each axis', () => {
  const others = [...boxes.values()].slice(0, 2);
  const { by, guides } = snapTo({ position: [3, 300], size: [100, 40] }, others, 6);
  expect(by).toEqual([-3, 0]);
  expect(guides).toEqual([{ axis: 0, at: 50, start: 0, end: 340 }]);
  expect(snapTo({ position: [600, 300], size: [100, 40] }, others, 6).guides).toEqual([]);
});
