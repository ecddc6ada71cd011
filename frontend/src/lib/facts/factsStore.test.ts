import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { documentStore } from '../document/documentStore';
import { CATALOG } from '../document/testing';
import { catalogStore } from '../modules/catalog';
import type { FactsAnswer } from '@/services/types.generated';
import {
  factsStore,
  followFacts,
  portFacts,
  portRemark,
  refreshFacts,
  shown,
  type FactsState,
  type Remark,
} from './factsStore';

const remark = (node: string, change: Partial<Remark> = {}): Remark => ({
  node,
  code: 'few-images',
  severity: 'warning',
  text: `${node} has few images.`,
  ...change,
});
const known = (text: string) => ({ exact: false, text, rows: [] });
const answer = (change: Partial<FactsAnswer> = {}): FactsAnswer => ({
  facts: { a: { out: known('3 images') }, b: { out: known('2 images') } },
  remarks: [remark('a', { port: 'in' }), remark('b')],
  ...change,
});
const NONE: FactsState = { status: 'none', facts: {}, remarks: {} };

describe('shown', () => {
  it('groups remarks by node', () => {
    const state = shown(NONE, answer());
    expect(state.remarks['a']).toHaveLength(1);
    expect(portRemark(state, 'a', 'in')?.text).toBe('a has few images.');
    expect(portRemark(state, 'a', 'other')).toBeUndefined();
  });

  it('keeps what is said of a node the same object unless it changed', () => {
    const before = shown(NONE, answer());
    const facts = { a: { out: known('3 images') }, b: { out: known('9 images') } };
    const after = shown(before, answer({ facts }));
    expect(after.facts['a']).toBe(before.facts['a']);
    expect(after.facts['b']).not.toBe(before.facts['b']);
    expect(after.remarks['b']).toBe(before.remarks['b']);
  });
});

describe('portFacts', () => {
  it('takes an input for the output that is wired to it', () => {
    const state = shown(NONE, answer());
    const wires = [{ from: ['a', 'out'], to: ['b', 'in'] }] as const;
    expect(portFacts(state, wires, ['b', 'in'], 'input')?.text).toBe('3 images');
    expect(portFacts(state, wires, ['b', 'out'], 'output')?.text).toBe('2 images');
    expect(portFacts(state, [], ['b', 'in'], 'input')).toBeUndefined();
  });
});

describe('followFacts', () => {
  const asked = vi.fn<(url: string) => Promise<Response>>(() =>
    Promise.resolve(
      new Response(JSON.stringify(answer()), { headers: { 'Content-Type': 'application/json' } }),
    ),
  );
  let stop: (() => void) | undefined;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('fetch', asked);
    asked.mockClear();
    catalogStore.getState().load(CATALOG);
    stop = followFacts();
    refreshFacts();
  });
  afterEach(() => {
    stop?.();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('asks once for a burst of edits, within 300 ms of the last, and never for how nodes lie', async () => {
    const id = documentStore.getState().addNode('train', [0, 0]);
    for (const value of [6, 7, 8]) documentStore.getState().setParameter(id, 'epochs', value);
    await vi.advanceTimersByTimeAsync(300);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(factsStore.getState().status).toBe('ready');
    documentStore.getState().moveNodes(new Map([[id, [50, 50]]]));
    await vi.advanceTimersByTimeAsync(300);
    expect(asked).toHaveBeenCalledTimes(1);
    documentStore.getState().setParameter(id, 'epochs', 9);
    expect(factsStore.getState().status).toBe('asking');
    documentStore.getState().undo();
    await vi.advanceTimersByTimeAsync(300);
    expect(asked).toHaveBeenCalledTimes(1); // the answer was kept
    expect(factsStore.getState().status).toBe('ready');
  });
});
