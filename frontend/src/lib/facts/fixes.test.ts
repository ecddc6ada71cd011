import { beforeEach, describe, expect, it } from 'vitest';
import { documentStore } from '../document/documentStore';
import { CATALOG } from '../document/testing';
import { catalogStore } from '../modules/catalog';
import { factsStore, type Remark } from './factsStore';
import { applyFix, canFix, heldBack } from './fixes';

const state = () => documentStore.getState();
let train = '';

const remark = (change: Partial<Remark> = {}): Remark => ({
  node: train,
  code: 'batch-larger-than-set',
  severity: 'warning',
  text: 'A batch is more than all images.',
  ...change,
});

beforeEach(() => {
  catalogStore.getState().load(CATALOG);
  train = state().addNode('train', [0, 0]);
});

describe('applyFix', () => {
  it('makes all changes as one step of undo', () => {
    const changes = [
      { node: train, parameter: 'epochs', value: 3 },
      { node: train, parameter: 'batch_size', value: 8 },
    ];
    const fixable = remark({ fix: { text: 'Train less', changes } });
    expect(canFix(fixable, state().nodes)).toBe(true);
    applyFix(fixable);
    expect(state().nodes[train]?.parameters).toEqual({ epochs: 3, batch_size: 8 });
    state().undo();
    expect(state().nodes[train]?.parameters).toEqual({});
  });

  it('is not offered for a node that is gone', () => {
    const changes = [{ node: 'gone', parameter: 'epochs', value: 3 }];
    expect(canFix(remark({ fix: { text: 'Train less', changes } }), state().nodes)).toBe(false);
    expect(canFix(remark(), state().nodes)).toBe(false);
  });
});

describe('heldBack', () => {
  const know = (status: 'ready' | 'asking', ...remarks: Remark[]) =>
    factsStore.setState({ status, facts: {}, remarks: { [train]: remarks } });

  it('holds back for errors only, and not a second time for the same ones', () => {
    know('ready', remark());
    expect(heldBack()).toEqual([]);
    know('ready', remark({ severity: 'error', port: 'training_dataset' }), remark());
    const [fault, ...others] = heldBack();
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ node: train, port: 'training_dataset' });
    expect(heldBack()).toEqual([]);
    expect(heldBack()).toHaveLength(1);
  });

  it('holds nothing back for what was said of an older state', () => {
    know('asking', remark({ severity: 'error' }));
    expect(heldBack()).toEqual([]);
  });
});
