import { expect, it } from 'vitest';
import type { Box } from './annotations';
import { makeRoom } from './makeRoom';

const box = (x: number, y: number): Box => ({ position: [x, y], size: [200, 100] });
const between = { from: 'source', to: 'target' };

it('moves what lies at the target and below, and the box below its source', () => {
  const boxes = new Map([
    ['source', box(0, 0)],
    ['target', box(0, 148)],
    ['beside', box(300, 148)],
    ['below', box(0, 400)],
    ['new', box(20, 90)],
  ]);
  expect([...makeRoom(boxes, 'new', between)]).toEqual([
    ['new', [20, 140]],
    ['target', [0, 280]],
    ['beside', [300, 280]],
    ['below', [0, 532]],
  ]);
});

it('moves nothing where there is room, or where the wire leads up', () => {
  const roomy = new Map([
    ['source', box(0, 0)],
    ['target', box(0, 400)],
    ['new', box(0, 180)],
  ]);
  expect(makeRoom(roomy, 'new', between).size).toBe(0);
  expect(makeRoom(roomy, 'new', { from: 'target', to: 'source' }).size).toBe(0);
  const aside = new Map([...roomy, ['new', box(500, 390)] as const]);
  expect(makeRoom(aside, 'new', between).size).toBe(0);
});
