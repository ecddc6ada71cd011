import { runPart } from './runPart';
import { isOver } from './types';
import type { NodeRun, Run } from './types';

/** Figures about a whole run, computed from its nodes. */
export interface NodeCounts {
  total: number;
  completed: number;
  running: number;
  failed: number;
  skipped: number;
  reused: number;
}

export function nodeCounts(run: Run): NodeCounts {
  const part = runPart(run);
  const nodes = run.document.nodes
    .filter(({ id }) => part?.has(id) ?? true)
    .map((node) => run.nodes[node.id]);
  const having = (test: (node: NodeRun) => boolean) =>
    nodes.filter((node) => node !== undefined && test(node)).length;
  return {
    total: nodes.length,
    completed: having((node) => node.status === 'completed'),
    running: having((node) => node.status === 'running'),
    failed: having((node) => node.status === 'failed'),
    skipped: having((node) => node.status === 'skipped'),
    reused: having((node) => node.reused),
  };
}

/** Seconds since the run started, at `now` (seconds since 1970, the server's clock). Stands still once it is over. */
export function elapsed(run: Run, now: number): number {
  if (isOver(run.status)) {
    if (run.seconds !== null) return run.seconds;
    return run.finished === null ? 0 : run.finished - (run.started ?? run.created);
  }
  return Math.max(0, now - (run.started ?? run.created));
}

/** The first failed node in the order of the document: where a reader wants to be led. */
export function firstFailure(run: Run): { nodeId: string; node: NodeRun } | null {
  for (const { id } of run.document.nodes) {
    const node = run.nodes[id];
    if (node?.status === 'failed') return { nodeId: id, node };
  }
  return null;
}

export const RUN_WORDS: Readonly<Record<Run['status'], string>> = {
  queued: 'Queued',
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const NODE_WORDS: Readonly<Record<NodeRun['status'], string>> = {
  pending: 'Waiting for its inputs',
  queued: 'Queued',
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
};
