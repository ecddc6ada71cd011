import { beforeEach, describe, expect, it } from 'vitest';
import { faultStore, type Fault } from './faultStore';

const fault = (node: string, parameter?: string): Fault => ({
  code: '0003',
  name: 'NullOrEmptyError',
  message: `${node} is wrong.`,
  node,
  ...(parameter !== undefined && { parameter }),
});
const state = () => faultStore.getState();

describe('faultStore', () => {
  beforeEach(() => state().clear());

  it('leads to the first fault and goes round', () => {
    state().show([fault('a'), fault('b')]);
    expect(state().current).toBe(0);
    state().next();
    state().next();
    expect(state().current).toBe(0);
    state().previous();
    expect(state().current).toBe(1);
  });

  it('groups faults by node', () => {
    state().show([fault('a', 'epochs'), fault('b'), fault('a', 'mode')]);
    expect(state().byNode.get('a')).toHaveLength(2);
  });

  it('drops the fault of a parameter once that is edited, and keeps its place', () => {
    state().show([fault('a', 'epochs'), fault('b')]);
    state().next();
    state().edited('a', 'epochs');
    expect(state().faults).toHaveLength(1);
    expect(state().current).toBe(0);
  });

  it('drops the faults of deleted nodes', () => {
    state().show([fault('a'), fault('b')]);
    state().keepOnly(new Set(['b']));
    expect(state().faults.map((one) => one.node)).toEqual(['b']);
  });
});
