/** What runs and waits on the targets, found in the runs that are under way. */

import type { Run } from '@/lib/run/types';
import { machineOf, targetOf } from '@/lib/targets/place';

export interface Work {
  readonly runId: string;
  readonly runName: string;
  readonly nodeId: string;
  readonly node: Run['document']['nodes'][number];
  readonly state: 'running' | 'waiting';
  /** What it waits for, in words. */
  readonly why: string | null;
  /** Seconds since 1970. */
  readonly started: number | null;
  readonly machine: string | null;
}

/** By target; what runs stands before what waits, the oldest first. */
export function workByTarget(runs: readonly Run[]): ReadonlyMap<string, readonly Work[]> {
  const found = new Map<string, Work[]>();
  for (const run of runs) {
    for (const node of run.document.nodes) {
      const state = run.nodes[node.id];
      if (state?.status !== 'running' && state?.status !== 'queued') continue;
      const target = targetOf(run, node.id);
      const here = found.get(target) ?? [];
      here.push({
        runId: run.id,
        runName: run.name,
        nodeId: node.id,
        node,
        // On a cluster a node that was sent there may wait for its resources.
        state: state.status === 'running' && state.waiting === null ? 'running' : 'waiting',
        why: state.waiting,
        started: state.status === 'running' ? state.started : null,
        machine: machineOf(state),
      });
      found.set(target, here);
    }
  }
  for (const work of found.values()) work.sort(inOrder);
  return found;
}

function inOrder(one: Work, other: Work): number {
  if (one.state !== other.state) return one.state === 'running' ? -1 : 1;
  return (one.started ?? Infinity) - (other.started ?? Infinity) || 0;
}
