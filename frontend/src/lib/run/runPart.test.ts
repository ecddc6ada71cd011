import { describe, expect, it } from 'vitest';
import { runOf } from './fixtures';
import { isInRun, runPart } from './runPart';
import type { Run } from './types';

function chain(asked_for: Run['asked_for']): Run {
  const run = runOf({ a: {}, b: {}, c: {} }, { asked_for });
  const wires: Run['document']['wires'] = [
    { from: ['a', 'out'], to: ['b', 'in'] },
    { from: ['b', 'out'], to: ['c', 'in'] },
  ];
  return { ...run, document: { ...run.document, wires } };
}

describe('the part of a pipeline that a run was asked for', () => {
  it('is everything, where nothing was asked for', () => {
    expect(runPart(chain(null))).toBeNull();
    expect(isInRun(chain(null), 'c')).toBe(true);
  });

  it('holds all that a node needs', () => {
    expect([...(runPart(chain({ until: ['b'] })) ?? [])]).toEqual(['b', 'a']);
  });

  it('holds a node alone', () => {
    const run = chain({ only: ['b'] });
    expect([isInRun(run, 'a'), isInRun(run, 'b')]).toEqual([false, true]);
  });
});
