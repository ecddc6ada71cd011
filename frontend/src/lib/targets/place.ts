/** Where a node of the run that is shown runs, when that isn't this computer. */

import { useRunState } from '@/lib/run/runStore';
import type { NodeRun, Run } from '@/lib/run/types';
import { useTargetTitle } from '@/services/queries/useTargets';

import { isLocalId } from './resources';

/** The target that a node runs on, or would: its own, else that of the whole run. */
export function targetOf(run: Run, nodeId: string): string {
  const asked = run.document.nodes.find(({ id }) => id === nodeId)?.compute_target;
  return run.nodes[nodeId]?.target ?? asked ?? run.document.default_compute_target;
}

/** The target of a node that runs elsewhere; null on this computer. */
export function useElsewhere(nodeId: string): string | null {
  return useRunState(({ run }) => {
    if (run === null) return null;
    const target = targetOf(run, nodeId);
    return isLocalId(target) ? null : target;
  });
}

const NAMED = 3;
const WORDS = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });

/** The machines that a node runs on, in words: `node-1`, `node-1 and node-2`; null while it named none. */
export function machineOf({ machines = [] }: NodeRun): string | null {
  if (machines.length === 0) return null;
  const more = machines.length - NAMED;
  return WORDS.format(more > 0 ? [...machines.slice(0, NAMED), `${more} more`] : machines);
}

/** `on Lab cluster, node-2`, or `for Lab cluster` before it is there; null on this computer. */
export function usePlaceWords(nodeId: string, node: NodeRun): string | null {
  const target = useElsewhere(nodeId);
  const title = useTargetTitle(target);
  if (target === null || node.reused) return null;
  const machine = machineOf(node);
  return `${node.started === null ? 'for' : 'on'} ${title}${machine === null ? '' : `, ${machine}`}`;
}
