// @vitest-environment jsdom
import { act, renderHook, waitFor } from '@testing-library/react';

import { beforeEach, expect, it } from 'vitest';

import { navigate } from './navigation';
import { closeOutput, narrow, openOutput, useNarrowing, useOpenOutput, widen } from './outputAddress';

const RUN = '/pipelines/p1/runs/r1';

function shown() {
  return renderHook(() => ({ open: useOpenOutput(), narrowing: useNarrowing() })).result;
}

beforeEach(() => {
  act(() => {
    navigate('/');
    navigate(RUN);
  });
});

it('opens an output, narrows it, and takes back one narrowing after the other', async () => {
  const now = shown();
  expect(now.current.open).toBeNull();
  act(() => {
    openOutput('score', 'table');
    narrow({ only: 'wrong' });
    narrow({ only: 'wrong', predicted: 'a coat' });
  });
  expect(location.search).toBe('?node=score&output=table&only=wrong&predicted=a+coat');
  expect(now.current).toEqual({
    open: { nodeId: 'score', port: 'table' },
    narrowing: { only: 'wrong', predicted: 'a coat' },
  });
  history.back();
  await waitFor(() => {
    expect(now.current.narrowing).toEqual({ only: 'wrong' });
  });
});

it('closes to where it was opened, and opens again as it was left', async () => {
  const now = shown();
  act(() => {
    openOutput('evaluate', 'results');
    narrow({ scale: 'share' });
    narrow({ scale: 'share', cell: '0,1,2' });
  });
  const before = history.length;
  widen('cell');
  await waitFor(() => {
    expect(now.current.narrowing).toEqual({ scale: 'share' });
  });
  closeOutput();
  await waitFor(() => {
    expect(location.pathname + location.search).toBe(RUN);
  });
  expect(history.length).toBe(before);
  act(() => {
    openOutput('evaluate', 'results');
  });
  expect(now.current.narrowing).toEqual({ scale: 'share' });
});

it('closes what a link has opened without leaving the page', async () => {
  history.replaceState(null, '', `${RUN}?node=score&output=table&cell=0,0,0`);
  dispatchEvent(new PopStateEvent('popstate'));
  const now = shown();
  expect(now.current.open).toEqual({ nodeId: 'score', port: 'table' });
  act(() => {
    widen('cell');
  });
  expect(location.search).toBe('?node=score&output=table');
  act(() => {
    closeOutput();
  });
  await waitFor(() => {
    expect(now.current.open).toBeNull();
  });
  expect(location.pathname).toBe(RUN);
});
