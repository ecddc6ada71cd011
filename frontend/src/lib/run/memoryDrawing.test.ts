import { describe, expect, it } from 'vitest';
import { drawMemory } from './memoryDrawing';

describe('the memory curve', () => {
  it('spans the box and starts at zero', () => {
    const { line, limitY } = drawMemory(
      [
        [0, 0],
        [10, 100],
      ],
      null,
      200,
      53,
    );
    expect(line).toBe('0.0,53.0 200.0,3.0');
    expect(limitY).toBeNull();
  });

  it('leaves room for a limit above the peak', () => {
    const { limitY } = drawMemory([[0, 50]], 100, 200, 53);
    expect(limitY).toBeCloseTo(3);
  });

  it('draws nothing of nothing', () => {
    expect(drawMemory([], null, 200, 53)).toEqual({ line: '', area: '', limitY: null });
  });
});
