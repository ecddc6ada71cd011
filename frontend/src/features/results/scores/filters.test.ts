import { describe, expect, it } from 'vitest';

import { addressOf, filtersOf, paramsOf, percentOf } from './filters';

describe('filters of a table of scores', () => {
  it('ask for everything at first, mistakes in front', () => {
    expect(paramsOf(filtersOf({}, true))).toEqual({ order: 'wrong' });
    expect(filtersOf({}, false).order).toBe('confidence');
  });

  it('become what the server takes', () => {
    const filters = { ...filtersOf({}, true), only: 'wrong' as const, text: ' 07 ', least: 90, most: 95 };
    expect(paramsOf(filters)).toEqual({
      only: 'wrong',
      order: 'wrong',
      text: '07',
      min_confidence: '0.9',
      max_confidence: '0.95',
    });
  });

  it('survive their address, which says only what differs', () => {
    const filters = {
      ...filtersOf({}, true),
      only: 'wrong' as const,
      predicted: 'coat',
      text: '07',
      least: 12.5,
    };
    const address = addressOf(filters, true);
    expect(address).toMatchObject({ only: 'wrong', predicted: 'coat', text: '07', least: '12.5' });
    expect(Object.values(address).filter((value) => value !== undefined)).toHaveLength(4);
    expect(filtersOf(address, true)).toEqual(filters);
  });

  it('pass over what an address says wrongly, or asks of images without labels', () => {
    expect(filtersOf({ only: 'purple', order: 'size', least: 'x', most: '900' }, true)).toEqual(
      filtersOf({}, true),
    );
    expect(filtersOf({ only: 'wrong', category: 'coat' }, false)).toEqual(filtersOf({}, false));
  });

  it('take percents within bounds', () => {
    expect([percentOf('50', 0), percentOf('', 7), percentOf('x', 7), percentOf('400', 0)]).toEqual([
      50, 7, 7, 100,
    ]);
  });
});
