// @vitest-environment jsdom
/** How many nodes and wires are drawn anew by what happens most often: an event of a run, and one move of a drag. */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render } from '@testing-library/react';
import type { Profiler } from 'react';
import { type ComponentProps, type ComponentType } from 'react';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { TooltipProvider } from '@/components/ui/Tooltip';
import { Canvas } from '@/features/canvas/Canvas';
import { onNodesChange } from '@/features/canvas/flowStore';
import type { ModuleNode } from '@/features/canvas/ModuleNode';
import type { WireEdge } from '@/features/canvas/WireEdge';
import { NodeFace } from '@/features/runs/NodeFace';
import { NodeStatus } from '@/features/runs/NodeStatus';
import { documentStore } from '@/lib/document/documentStore';
import { CATALOG, chain } from '@/lib/document/testing';
import { wireId } from '@/lib/document/types';
import { catalogStore } from '@/lib/modules/catalog';
import { applyEvent } from '@/lib/run/applyEvent';
import { progressAt, runOf } from '@/lib/run/fixtures';
import { runStore } from '@/lib/run/runStore';

declare module 'vitest' {
  interface TaskMeta {
    /** Nodes drawn anew; `make bench` reads it. */
    renders?: number;
  }
}

const { drawn, counted } = vi.hoisted(() => {
  const drawn = new Map<string, number>();
  return {
    drawn,
    counted: <P extends { id: string }>(
      kind: string,
      Component: ComponentType<P>,
      Counter: typeof Profiler,
    ) =>
      function Counted(props: P) {
        const name = `${kind} ${props.id}`;
        return (
          <Counter id={name} onRender={() => drawn.set(name, (drawn.get(name) ?? 0) + 1)}>
            <Component {...props} />
          </Counter>
        );
      },
  };
});

vi.mock('@/features/canvas/ModuleNode', async (original) => {
  const real = await original<{ ModuleNode: typeof ModuleNode }>();
  const Component = real.ModuleNode as ComponentType<ComponentProps<typeof ModuleNode>>;
  return { ModuleNode: counted('node', Component, (await import('react')).Profiler) };
});
vi.mock('@/features/canvas/WireEdge', async (original) => {
  const real = await original<{ WireEdge: typeof WireEdge }>();
  const Component = real.WireEdge as ComponentType<ComponentProps<typeof WireEdge>>;
  return { WireEdge: counted('wire', Component, (await import('react')).Profiler) };
});

/** jsdom lays nothing out: everything is told to be of one size, which is all that the wires need to be drawn. */
class OneSize implements ResizeObserver {
  constructor(private readonly told: ResizeObserverCallback) {}
  observe(target: Element): void {
    queueMicrotask(() => this.told([{ target } as ResizeObserverEntry], this));
  }
  unobserve(): void {
    // Nothing ever resizes.
  }
  disconnect(): void {
    // As above.
  }
}

beforeAll(() => {
  vi.stubGlobal('ResizeObserver', OneSize);
  vi.stubGlobal(
    'DOMMatrixReadOnly',
    class {
      m22 = 1;
    },
  );
  Object.defineProperties(HTMLElement.prototype, {
    offsetWidth: { configurable: true, get: () => 200 },
    offsetHeight: { configurable: true, get: () => 80 },
  });
});
afterAll(() => vi.unstubAllGlobals());

const SLOTS = { NodeStatus, NodeFace };

beforeEach(async () => {
  catalogStore.getState().load(CATALOG);
  const document = chain();
  documentStore.getState().load({ id: 'p', revision: 1, document });
  const run = runOf(Object.fromEntries(document.nodes.map(({ id }) => [id, { status: 'running' as const }])));
  runStore.setState({ runId: run.id, run });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TooltipProvider>
        <Canvas slots={SLOTS} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  await vi.waitFor(() => {
    expect(drawn.size).toBe(document.nodes.length + document.wires.length);
  });
  // What comes after the first sight is there too.
  await act(() => new Promise((done) => setTimeout(done, 600)));
  drawn.clear();
});

it('draws one node anew for one progress event', ({ task }) => {
  act(() => {
    const { run } = runStore.getState();
    if (run) runStore.setState({ run: applyEvent(run, progressAt(1, 'train', 40)) });
  });
  task.meta.renders = [...drawn.values()].reduce((sum, times) => sum + times, 0);
  expect([...drawn]).toEqual([['node train', 1]]);
});

it('draws the wires of one node anew for one move of a drag, and only moves the node', () => {
  const { wires } = documentStore.getState();
  const own = wires.filter(({ from, to }) => from[0] === 'convert' || to[0] === 'convert');
  expect(own.length).toBeGreaterThan(0);
  expect(own.length).toBeLessThan(wires.length);
  const move = (x: number, dragging: boolean) =>
    act(() => onNodesChange([{ type: 'position', id: 'convert', position: { x, y: 40 }, dragging }]));
  const place = () => document.querySelector<HTMLElement>('[data-id="convert"]')?.style.transform;
  const names = own.map((wire) => `wire ${wireId(wire)}`);
  const paths = () =>
    names.map((name) => document.querySelector(`[data-wire="${name.slice(5)}"] path`)?.getAttribute('d'));
  move(604, true);
  const before = paths();
  drawn.clear();
  move(608, true);
  expect(Object.fromEntries(drawn)).toEqual(Object.fromEntries(names.map((name) => [name, 1])));
  expect(place()).toBe('translate(608px,40px)');
  const led = paths();
  for (const [index, path] of led.entries()) expect(path).not.toBe(before[index]);
  move(608, false);
  expect(place()).toBe('translate(608px,40px)');
  expect(paths()).toEqual(led);
});
