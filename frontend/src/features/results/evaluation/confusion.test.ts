import { describe, expect, it } from 'vitest';

import { cellOf, heatPixels, moved, shareOf, worstMixups } from './confusion';

const confusion = [
  [8, 2, 0],
  [1, 9, 0],
  [0, 0, 0],
];

describe('a confusion matrix', () => {
  it('gives a cell as a part of the images of its class', () => {
    expect(shareOf(confusion, 0, 1)).toBeCloseTo(0.2);
    expect(shareOf(confusion, 2, 2)).toBe(0);
  });

  it('names the worst mix-ups, never the diagonal', () => {
    expect(worstMixups(confusion, 5)).toEqual([
      { row: 0, column: 1, count: 2 },
      { row: 1, column: 0, count: 1 },
    ]);
  });

  it('is walked with the arrow keys and stops at its edges', () => {
    expect(moved('ArrowUp', { row: 0, column: 1 }, 3, false)).toEqual({ row: 0, column: 1 });
    expect(moved('ArrowRight', { row: 0, column: 1 }, 3, false)).toEqual({ row: 0, column: 2 });
    expect(moved('End', { row: 0, column: 0 }, 3, true)).toEqual({ row: 2, column: 2 });
    expect(moved('x', { row: 0, column: 0 }, 3, false)).toBeNull();
  });

  it('is drawn with one pixel for each cell', () => {
    const colors = { right: [0, 200, 0], wrong: [200, 0, 0], none: [0, 0, 0] } as const;
    const pixels = heatPixels(confusion, colors);
    const at = (row: number, column: number) => [...pixels.slice((row * 3 + column) * 4).slice(0, 4)];
    expect(at(0, 0)).toEqual([0, 170, 0, 255]);
    expect(at(0, 1)).toEqual([80, 0, 0, 255]);
    expect(at(2, 2)).toEqual([0, 0, 0, 255]);
  });

  it('finds the cell that an address names, if it is one of this model', () => {
    expect(cellOf('1,0,2', 1, 3)).toEqual({ row: 0, column: 2 });
    expect(cellOf('1,0,2', 0, 3)).toBeNull();
    expect(cellOf('0,0,3', 0, 3)).toBeNull();
    expect(cellOf('0,-1,x', 0, 3)).toBeNull();
    expect(cellOf(undefined, 0, 3)).toBeNull();
  });
});
