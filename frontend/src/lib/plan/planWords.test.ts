import { describe, expect, it } from 'vitest';
import { nodeRun } from '../run/fixtures';
import type { PlannedNode } from '@/services/types.generated';
import { keepSame, totalsOf } from './planStore';
import { changeWords, freshnessOf } from './planWords';

const names = { node: (id: string) => id.toUpperCase() };

function planned(changes: Partial<PlannedNode>): PlannedNode {
  return {
    action: 'run',
    why: 'first run',
    seconds_saved: null,
    seconds_expected: null,
    changed: [],
    ...changes,
  };
}

describe('what the plan says of a node', () => {
  it('names the time that a reused node saves', () => {
    const plan = planned({ action: 'reuse', why: 'nothing it depends on changed', seconds_saved: 180 });
    expect(freshnessOf(plan, undefined, names)).toMatchObject({
      kind: 'reuse',
      short: 'Reused, saves 3 min 00 s',
    });
    expect(freshnessOf(plan, nodeRun({ status: 'completed' }), names).kind).toBe('fresh');
  });

  it('names the field that differs, before and now', () => {
    const plan = planned({
      why: 'parameter epochs changed',
      changed: [{ field: 'parameter epochs', before: 5, now: 8 }],
    });
    expect(freshnessOf(plan, undefined, names)).toMatchObject({ kind: 'run', short: 'Epochs 5 → 8' });
    expect(freshnessOf(plan, nodeRun({ status: 'completed' }), names)).toMatchObject({
      kind: 'stale',
      short: 'Stale: epochs 5 → 8',
    });
  });

  it('tells why it does not go on from where it ended', () => {
    const why = 'parameter epochs changed; starts from the beginning: the cosine schedule is fixed';
    const plan = planned({ why, changed: [{ field: 'parameter epochs', before: 5, now: 8 }] });
    expect(freshnessOf(plan, undefined, names)).toMatchObject({
      short: 'Epochs 5 → 8',
      note: 'Starts from the beginning: the cosine schedule is fixed.',
    });
  });

  it('calls the node that it follows by its name', () => {
    const plan = planned({ why: 'follows split-a, which runs' });
    expect(freshnessOf(plan, undefined, names).short).toBe('Follows SPLIT-A');
  });

  it('knows what runs every time', () => {
    expect(freshnessOf(planned({ why: 'regenerate output is on' }), undefined, names).kind).toBe('always');
  });

  it('does not show digests', () => {
    expect(changeWords({ field: 'input images', before: 'ab12', now: 'cd34' }, undefined)).toBe(
      'images changed',
    );
  });
});

describe('the whole plan', () => {
  it('counts what runs and what does not', () => {
    const nodes = { a: planned({ action: 'reuse' }), b: planned({}), c: planned({ action: 'continue' }) };
    expect(totalsOf({ nodes, seconds_saved: 4, seconds_expected: null })).toEqual({
      nodes: 3,
      run: 2,
      reused: 1,
      continued: 1,
      secondsSaved: 4,
      secondsExpected: null,
    });
  });

  it('keeps the entries of nodes of which it says the same', () => {
    const before = { a: planned({}), b: planned({}) };
    const after = keepSame(before, { a: planned({}), b: planned({ action: 'reuse' }) });
    expect(after['a']).toBe(before.a);
    expect(after['b']).not.toBe(before.b);
  });
});
