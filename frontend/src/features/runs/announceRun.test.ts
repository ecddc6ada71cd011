// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it } from 'vitest';
import { act, renderHook } from '@testing-library/react';
import { useAnnouncement } from '@/lib/announce';
import { runOf } from '@/lib/run/fixtures';
import { runStore } from '@/lib/run/runStore';
import type { Run } from '@/lib/run/types';
import { firstFailed, followForAnnouncements } from './announceRun';

const FAULT = { code: '1', name: 'E', message: 'The loss became NaN.\nMore.' };
let stop: () => void;
const show = (run: Run, changes: { replaying?: boolean } = {}) =>
  act(() => runStore.setState({ runId: run.id, run, replaying: false, ...changes }));

beforeEach(() => {
  stop = followForAnnouncements();
});
afterEach(() => {
  stop();
  runStore.setState({ runId: null, run: null, replaying: false });
});

it('says what failed and how the run ended, once', () => {
  const said = renderHook(() => useAnnouncement()).result;
  show(runOf({ train: { status: 'running' } }));
  const { count } = said.current;
  const failed = { status: 'failed' as const, error: FAULT };
  show(runOf({ train: failed }));
  expect(said.current.text).toBe('identity failed: The loss became NaN.');
  show(runOf({ train: failed }, { seq: 9 }));
  show(runOf({ train: failed }, { status: 'failed', seconds: 75 }));
  expect(said.current.text).toBe('The run has failed after 1 min 15 s.');
  expect(said.current.count).toBe(count + 2);
});

it('tells together what happens together', () => {
  const said = renderHook(() => useAnnouncement()).result;
  show(runOf({ a: { status: 'running' } }));
  show(runOf({ a: { status: 'failed', error: FAULT } }, { status: 'failed', seconds: 1 }));
  expect(said.current.text).toBe('identity failed: The loss became NaN. The run has failed after 1.0 s.');
});

it('is silent about another run and about the past', () => {
  const said = renderHook(() => useAnnouncement()).result;
  const { count } = said.current;
  show(runOf({ a: { status: 'running' } }));
  show(runOf({ a: { status: 'failed', error: FAULT } }, { id: 'other' }));
  show(runOf({ a: { status: 'running' } }, { id: 'other' }), { replaying: true });
  show(runOf({ a: { status: 'failed', error: FAULT } }, { id: 'other' }));
  expect(said.current.count).toBe(count);
});

it('finds the first failed node along the flow', () => {
  const run = runOf({ late: { status: 'failed' }, early: { status: 'failed' }, fine: {} });
  const wires = [{ from: ['early', 'o'], to: ['late', 'i'] }] as Run['document']['wires'];
  expect(firstFailed({ ...run, document: { ...run.document, wires } })).toBe('early');
  expect(firstFailed(runOf({ fine: {} }))).toBeUndefined();
});
