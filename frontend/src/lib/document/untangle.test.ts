import { expect, it } from 'vitest';
import { untangle, type Placed, type Segment } from './untangle';

const at = (id: string, x: number, y: number): Placed => ({ id, x, y, width: 100 });
const wire = (from: string, to: string, fromShift = 0, toShift = 0): Segment => ({
  from,
  to,
  fromShift,
  toShift,
});

it('uncrosses wires that come from ports in the other order', () => {
  const columns = untangle(
    [at('split', 0, 0), at('a', -100, 100), at('b', 100, 100)],
    [wire('split', 'a', 30), wire('split', 'b', -30)],
  );
  expect(columns.get('b')).toBeLessThan(columns.get('a') ?? 0);
});

it('leads a long wire past a node rather than under it', () => {
  const columns = untangle(
    [at('top', 0, 0), at('mid', 0, 100), at('free', 200, 100), at('end', 0, 200), at('other', 200, 200)],
    [wire('top', 'end')],
  );
  const end = columns.get('end') ?? 0;
  const middle = ((columns.get('top') ?? 0) + end) / 2;
  expect(Math.abs(middle - (columns.get('mid') ?? 0))).toBeGreaterThanOrEqual(50);
});

it('leaves a drawing without crossings alone', () => {
  const placed = [at('a', 0, 0), at('b', 200, 0), at('c', 0, 100), at('d', 200, 100)];
  const columns = untangle(placed, [wire('a', 'c'), wire('b', 'd')]);
  expect([...columns.values()]).toEqual([0, 200, 0, 200]);
});
