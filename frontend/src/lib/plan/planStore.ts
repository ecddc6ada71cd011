/** What Submit would do with the open pipeline, kept up to date while it is edited and while runs come and go. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { ApiError, api } from '@/services/http';
import type { PlanAnswer, PlannedNode } from '@/services/types.generated';
import { documentStore, type DocumentState } from '../document/documentStore';
import { sameJson } from '../drafts/sameJson';

export interface PlanTotals {
  readonly nodes: number;
  readonly run: number;
  readonly reused: number;
  readonly continued: number;
  readonly secondsSaved: number;
  /** Null when a node has never run, so that nobody can tell. */
  readonly secondsExpected: number | null;
}

interface PlanState {
  /** `none` while nothing is known: an empty pipeline, one with faults, or a server that can't be reached. */
  readonly status: 'none' | 'asking' | 'ready';
  /** By node id. A node of which the plan says the same as before keeps its entry, so that it isn't drawn again. */
  readonly nodes: Readonly<Record<string, PlannedNode>>;
  readonly totals: PlanTotals | null;
}

const NOTHING: PlanState = { status: 'none', nodes: {}, totals: null };
const QUIET_MS = 350;
const MOST_KEPT = 24;

export const planStore = createStore<PlanState>()(() => NOTHING);

export function usePlan<T>(selector: (state: PlanState) => T): T {
  return useStore(planStore, selector);
}

/** What would happen to one node. A component that reads this is drawn again for its node only. */
export function usePlannedNode(nodeId: string): PlannedNode | undefined {
  return usePlan((state) => state.nodes[nodeId]);
}

const kept = new Map<string, PlanAnswer>();
let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | null = null;
let following = false;

/** Keep the plan up to date until the returned function is called. */
export function followPlan(): () => void {
  following = true;
  const stop = documentStore.subscribe((now, before) => {
    if (now.nodes === before.nodes && now.wires === before.wires && same(now, before)) return;
    later(now.pipelineId === before.pipelineId ? QUIET_MS : 0);
  });
  later(0);
  return () => {
    stop();
    following = false;
    clearTimeout(timer);
    asking?.abort();
    planStore.setState(NOTHING);
  };
}

/** Results came or went: ask anew. */
export function refreshPlan(): void {
  kept.clear();
  if (following) later(QUIET_MS);
}

function same(now: DocumentState, before: DocumentState): boolean {
  return now.defaultComputeTarget === before.defaultComputeTarget && now.pipelineId === before.pipelineId;
}

function later(wait: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), wait);
}

async function ask(): Promise<void> {
  asking?.abort();
  asking = null;
  const state = documentStore.getState();
  if (state.order.length === 0 || state.viewing !== null) {
    planStore.setState(NOTHING);
    return;
  }
  const key = keyOf(state);
  const known = kept.get(key);
  if (known) {
    show(known);
    return;
  }
  const question = new AbortController();
  asking = question;
  planStore.setState({ status: 'asking' });
  try {
    const answer = await api.post<PlanAnswer>(
      'plan',
      { pipeline: state.toDocument() },
      { signal: question.signal },
    );
    if (question.signal.aborted) return;
    keep(key, answer);
    show(answer);
  } catch (error) {
    if (question.signal.aborted) return;
    planStore.setState(NOTHING);
    if (!(error instanceof ApiError)) throw error;
  }
}

function keep(key: string, answer: PlanAnswer): void {
  kept.set(key, answer);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
}

function show(answer: PlanAnswer): void {
  const before = planStore.getState().nodes;
  planStore.setState({ status: 'ready', nodes: keepSame(before, answer.nodes), totals: totalsOf(answer) });
}

/** The entries of `now`, but those of `before` where they say the same. */
export function keepSame<T>(
  before: Readonly<Record<string, T>>,
  now: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  const entries = Object.entries(now).map(([id, entry]): [string, T] => {
    const old = before[id];
    return [id, old !== undefined && sameJson(old, entry) ? old : entry];
  });
  return Object.fromEntries(entries);
}

export function totalsOf({ nodes, seconds_saved, seconds_expected }: PlanAnswer): PlanTotals {
  const all = Object.values(nodes);
  const having = (action: PlannedNode['action']) => all.filter((node) => node.action === action).length;
  return {
    nodes: all.length,
    run: having('run') + having('continue'),
    reused: having('reuse'),
    continued: having('continue'),
    secondsSaved: seconds_saved,
    secondsExpected: seconds_expected,
  };
}

/** All that plan and facts depend on: not how nodes lie or are called. */
export function keyOf({ nodes, order, wires, defaultComputeTarget }: DocumentState): string {
  return JSON.stringify([
    order.map((id) => {
      const node = nodes[id];
      return (
        node && [
          id,
          node.module,
          node.version,
          node.parameters,
          node.compute_target,
          node.resources,
          node.regenerate_output,
        ]
      );
    }),
    wires,
    defaultComputeTarget,
  ]);
}
