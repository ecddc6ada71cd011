// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { Profiler } from 'react';
import type { ReactNode } from 'react';
import { afterEach, describe, expect, it } from 'vitest';

import { TooltipProvider } from '@/components/ui/Tooltip';
import { keepSame, planStore, totalsOf } from '@/lib/plan/planStore';
import { applyEvent } from '@/lib/run/applyEvent';
import { eventAt, progressAt, runOf } from '@/lib/run/fixtures';
import { runStore } from '@/lib/run/runStore';
import type { Run, RunEvent } from '@/lib/run/types';
import { connectionStore } from '@/services/socket';
import type { PlannedNode } from '@/services/types.generated';

import { NodeFace } from './NodeFace';
import { NodeStatus } from './NodeStatus';
import { RunOutline } from './RunOutline';
import { RunStatusBar } from './RunStatusBar';

function show(run: Run): void {
  runStore.setState({ runId: run.id, run, error: null, clockSkew: 0 });
}

function hear(event: RunEvent): void {
  const { run } = runStore.getState();
  if (run !== null) show(applyEvent(run, event));
}

function Around({ children }: { children: ReactNode }) {
  return (
    <QueryClientProvider client={new QueryClient()}>
      <TooltipProvider>{children}</TooltipProvider>
    </QueryClientProvider>
  );
}

afterEach(() => {
  runStore.setState({ runId: null, run: null, error: null, clockSkew: 0, cancelling: new Set() });
  connectionStore.setState({ status: 'off', retryAt: null });
  planStore.setState({ status: 'none', nodes: {}, totals: null });
});

describe('nodes of a run', () => {
  it('draws one node anew for one progress event, and no other', () => {
    const ids = ['split', 'train', 'score'];
    show(runOf(Object.fromEntries(ids.map((id) => [id, { status: 'running' as const }]))));
    const renders = new Map<string, number>();
    render(
      <Around>
        {ids.map((id) => (
          <Profiler key={id} id={id} onRender={() => renders.set(id, (renders.get(id) ?? 0) + 1)}>
            <NodeStatus nodeId={id} moduleId="identity" />
            <NodeFace nodeId={id} moduleId="identity" />
          </Profiler>
        ))}
      </Around>,
    );
    renders.clear();
    act(() => {
      hear(progressAt(1, 'train', 40));
    });
    expect([...renders]).toEqual([['train', 1]]);
  });

  it('draws one node anew when the plan says something else of it, and no other', () => {
    const ids = ['split', 'train', 'score'];
    const plan = (why: string): PlannedNode => ({
      action: 'reuse',
      why,
      seconds_saved: 3,
      seconds_expected: null,
      changed: [],
    });
    const tell = (nodes: Record<string, PlannedNode>) => {
      const before = planStore.getState().nodes;
      planStore.setState({
        status: 'ready',
        nodes: keepSame(before, nodes),
        totals: totalsOf({ nodes, seconds_saved: 9, seconds_expected: 0 }),
      });
    };
    tell(Object.fromEntries(ids.map((id) => [id, plan('nothing changed')])));
    const renders = new Map<string, number>();
    render(
      <Around>
        {ids.map((id) => (
          <Profiler key={id} id={id} onRender={() => renders.set(id, (renders.get(id) ?? 0) + 1)}>
            <NodeStatus nodeId={id} moduleId="identity" />
            <NodeFace nodeId={id} moduleId="identity" />
          </Profiler>
        ))}
      </Around>,
    );
    expect(screen.getAllByText('Reused, saves 3.0 s')).toHaveLength(3);
    renders.clear();
    act(() => {
      tell({ split: plan('nothing changed'), train: plan('something'), score: plan('nothing changed') });
    });
    expect([...renders]).toEqual([['train', 1]]);
  });

  it('leaves nodes untouched that the run was not asked for', () => {
    show(runOf({ split: { status: 'completed' }, train: {} }, { asked_for: { until: ['split'] } }));
    render(<NodeStatus nodeId="train" moduleId="identity" />, { wrapper: Around });
    expect(screen.queryByRole('img')).not.toBeInTheDocument();
  });

  it('says how far a node is and how long it still takes', () => {
    show(
      runOf({
        train: {
          status: 'running',
          progress: { done: 3, total: 10, unit: 'batches', message: 'Epoch 2 of 5', seconds_left: 12.2 },
        },
      }),
    );
    render(<NodeFace nodeId="train" moduleId="identity" />, { wrapper: Around });
    expect(screen.getByText('Epoch 2 of 5')).toBeInTheDocument();
    expect(screen.getByText('13 s left')).toBeInTheDocument();
    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '30');
  });

  it('stops guessing the time left when the connection is lost', () => {
    show(
      runOf({
        train: {
          status: 'running',
          progress: { done: 3, total: 10, unit: '', message: '', seconds_left: 12.2 },
        },
      }),
    );
    render(<NodeFace nodeId="train" moduleId="identity" />, { wrapper: Around });
    act(() => {
      connectionStore.setState({ status: 'lost', retryAt: null });
    });
    expect(screen.queryByText('13 s left')).not.toBeInTheDocument();
    expect(screen.getByText('no connection')).toBeInTheDocument();
  });

  it('has a place for curves before the first epoch and marks the best epoch later', () => {
    show(runOf({ train: { status: 'running' } }));
    render(<NodeFace nodeId="train" moduleId="train-pytorch-model" />, { wrapper: Around });
    expect(screen.getByRole('img', { name: 'Loss: nothing measured yet' })).toBeInTheDocument();
    const metric = (seq: number, step: number, val_loss: number) =>
      eventAt(seq, { type: 'node.metric', node: 'train', axis: 'epoch', step, values: { val_loss } });
    act(() => {
      for (const event of [metric(1, 1, 2), metric(2, 2, 1), metric(3, 3, 1.5)]) hear(event);
    });
    expect(screen.getByRole('img', { name: 'Loss 1.0000 at the best epoch, 2' })).toBeInTheDocument();
  });

  it('names the state in words, with the time that was saved', () => {
    show(runOf({ a: { status: 'completed', reused: true, seconds_saved: 184 } }));
    render(<NodeStatus nodeId="a" moduleId="identity" />, { wrapper: Around });
    expect(screen.getByRole('img', { name: 'Reused, saved 3 min 04 s' })).toBeInTheDocument();
  });

  it('shows nothing where there is no run', () => {
    render(<NodeStatus nodeId="a" moduleId="identity" />, { wrapper: Around });
    expect(screen.queryByRole('img')).not.toBeInTheDocument();
  });
});

describe('the run at a glance', () => {
  it('says that the state is old while the connection is lost', () => {
    show(runOf({ a: { status: 'running' }, b: { status: 'completed' } }));
    connectionStore.setState({ status: 'lost', retryAt: Date.now() + 3000 });
    render(<RunStatusBar />, { wrapper: Around });
    expect(screen.getByText('Running when last heard of')).toBeInTheDocument();
    expect(screen.getByText('Connection lost')).toBeInTheDocument();
    expect(screen.getByText('retrying in 3 s')).toBeInTheDocument();
    expect(screen.getByText('1 of 2 nodes')).toBeInTheDocument();
  });

  it('lists the nodes in the order of their flow', () => {
    const run = runOf({ last: { status: 'pending' }, first: { status: 'completed' } });
    const wire = { from: ['first', 'out'], to: ['last', 'in'] } as Run['document']['wires'][number];
    show({ ...run, document: { ...run.document, wires: [wire] } });
    render(<RunOutline onSelect={() => undefined} />, { wrapper: Around });
    const rows = screen.getAllByRole('button').map((row) => row.dataset['status']);
    expect(rows).toEqual(['completed', 'pending']);
  });
});
