import { describe, expect, it } from 'vitest';

import { keepFilters, keptFilters, paramsOf, percentOf } from './filters';

describe('filters of a table of scores', () => {
  it('ask for everything at first, mistakes in front', () => {
    expect(paramsOf(keptFilters('a', true))).toEqual({ order: 'wrong' });
    expect(keptFilters('a', false).order).toBe('confidence');
  });

  it('become what the server takes', () => {
    const filters = { ...keptFilters('a', true), only: 'wrong' as const, text: ' 07 ', least: 90, most: 95 };
    expect(paramsOf(filters)).toEqual({
      only: 'wrong',
      order: 'wrong',
      text: '07',
      min_confidence: '0.9',
      max_confidence: '0.95',
    });
  });

  it('stay with their node', () => {
    keepFilters('b', { ...keptFilters('b', true), category: 'cat' });
    expect(keptFilters('b', true).category).toBe('cat');
    expect(keptFilters('c', true).category).toBeNull();
  });

  it('take percents within bounds', () => {
    expect([percentOf('50', 0), percentOf('', 7), percentOf('x', 7), percentOf('400', 0)]).toEqual([
      50, 7, 7, 100,
    ]);
  });
});
