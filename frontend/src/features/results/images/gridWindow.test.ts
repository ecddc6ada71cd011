import { describe, expect, it } from 'vitest';

import { isNear, movedInGrid, pagesOf } from './gridWindow';

const grid = { total: 50_000, columns: 7, rows: 5 };

describe('the window on a long grid', () => {
  it('asks for the pages in sight and the one that is open, never beyond the end', () => {
    expect(pagesOf(0, 69, [null], 50_000, 120)).toEqual([0]);
    expect(pagesOf(100, 140, [null], 50_000, 120)).toEqual([0, 1]);
    expect(pagesOf(49_990, 50_100, [3], 50_000, 120)).toEqual([416, 0]);
    expect(pagesOf(0, 10, [70_000], 50, 120)).toEqual([0]);
  });

  it('tells scrolling from jumping', () => {
    expect(isNear([3, 4], [5])).toBe(true);
    expect(isNear([3, 4], [200])).toBe(false);
  });

  it('is walked by keys and stops at its ends', () => {
    expect(movedInGrid('ArrowRight', 6, grid)).toBe(7);
    expect(movedInGrid('ArrowDown', 3, grid)).toBe(10);
    expect(movedInGrid('ArrowUp', 3, grid)).toBe(3);
    expect(movedInGrid('PageUp', 10, grid)).toBe(3);
    expect(movedInGrid('PageDown', 0, grid)).toBe(35);
    expect(movedInGrid('ArrowLeft', 0, grid)).toBe(0);
    expect(movedInGrid('End', 0, grid)).toBe(49_999);
    expect(movedInGrid('Home', 49_999, grid)).toBe(0);
    expect(movedInGrid('ArrowDown', 49_993, grid)).toBe(49_999);
    expect(movedInGrid('ArrowDown', 49_999, grid)).toBe(49_999);
    expect(movedInGrid('x', 5, grid)).toBeNull();
  });
});
