/** What Submit would do with the open pipeline, kept up to date while it is edited and while runs come and go. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { PlanAnswer, PlannedNode } from '@/services/types.generated';
import { standingQuestion } from '../document/standingQuestion';
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
  /** `none` while nothing is known: an empty pipeline, or a server that can't be reached. */
  readonly status: 'none' | 'asking' | 'ready';
  /** By node id. A node of which the plan says the same as before keeps its entry, so that it isn't drawn again. */
  readonly nodes: Readonly<Record<string, PlannedNode>>;
  /** Null while Submit would be refused. */
  readonly totals: PlanTotals | null;
}

const NOTHING: PlanState = { status: 'none', nodes: {}, totals: null };

export const planStore = createStore<PlanState>()(() => NOTHING);

export function usePlan<T>(selector: (state: PlanState) => T): T {
  return useStore(planStore, selector);
}

/** What would happen to one node. A component that reads this is drawn again for its node only. */
export function usePlannedNode(nodeId: string): PlannedNode | undefined {
  return usePlan((state) => state.nodes[nodeId]);
}

const question = standingQuestion<PlanAnswer>({
  path: 'plan',
  quiet: 350,
  holds: Infinity,
  onAnswer: show,
  onNothing: () => planStore.setState(NOTHING),
  onAsking: () => planStore.setState({ status: 'asking' }),
});

/** Keep the plan up to date until the returned function is called. */
export const followPlan = question.follow;

/** Results came or went: ask anew. */
export const refreshPlan = question.refresh;

function show(answer: PlanAnswer): void {
  const before = planStore.getState().nodes;
  const totals = answer.faults.length > 0 ? null : totalsOf(answer);
  planStore.setState({ status: 'ready', nodes: keepSame(before, answer.nodes), totals });
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

export function totalsOf({ nodes, seconds_saved, seconds_expected }: Omit<PlanAnswer, 'faults'>): PlanTotals {
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
