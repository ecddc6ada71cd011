import { describe, expect, it } from 'vitest';

import { bestIndex, curvesOf, mainAxis, thinned } from './curves';
import type { NodeMetric } from './types';

const epoch = (step: number, values: NodeMetric['values']): NodeMetric => ({ axis: 'epoch', step, values });

describe('curves', () => {
  it('makes columns of one axis and leaves holes where nothing was measured', () => {
    const curves = curvesOf(
      [
        epoch(1, { train_loss: 2 }),
        { axis: 'batch', step: 10, values: { loss: 3 } },
        epoch(2, { val_loss: 1 }),
      ],
      'epoch',
    );
    expect(curves.x).toEqual([1, 2]);
    expect(curves.series).toEqual([
      { name: 'train_loss', y: [2, null] },
      { name: 'val_loss', y: [null, 1] },
    ]);
  });

  it('looks at epochs first', () => {
    expect(mainAxis([{ axis: 'batch', step: 1, values: {} }, epoch(1, {})])).toBe('epoch');
    expect(mainAxis([])).toBeNull();
  });

  it('finds the epoch of the lowest validation loss, the first of equals', () => {
    const curves = curvesOf(
      [3, 1, 1, 2].map((val_loss, index) => epoch(index + 1, { val_loss })),
      'epoch',
    );
    expect(bestIndex(curves)).toBe(1);
  });

  it('never thins the best epoch away', () => {
    const y = Array.from({ length: 5000 }, (_, index) => Math.sin(index) + 5);
    const places = thinned(y, 200, [1234]);
    expect(places.length).toBeLessThan(210);
    expect(places).toContain(1234);
    expect(places).toContain(0);
    expect(places).toContain(4999);
  });

  it('keeps the lowest and highest point of a long line', () => {
    const y = Array.from({ length: 5000 }, () => 1);
    y[777] = -9;
    y[3210] = 9;
    expect(thinned(y, 100)).toEqual(expect.arrayContaining([777, 3210]));
  });
});
