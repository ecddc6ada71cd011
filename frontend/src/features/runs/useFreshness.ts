import { useMemo } from 'react';

import { documentStore, useDocument } from '@/lib/document/documentStore';
import { catalogStore, nodeTitle, useModuleSpec } from '@/lib/modules/catalog';
import { usePlan, usePlannedNode } from '@/lib/plan/planStore';
import { freshnessOf, type Freshness } from '@/lib/plan/planWords';
import { nodeOf, useRunState } from '@/lib/run/runStore';
import { isOver } from '@/lib/run/types';

/** What Submit would do with a node; null while a run goes on, whose states are what matters then. */
export function useFreshness(nodeId: string): Freshness | null {
  const planned = usePlannedNode(nodeId);
  const going = useRunState(({ run }) => run !== null && !isOver(run.status));
  const shown = useRunState(({ run }) =>
    run !== null && isOver(run.status) ? nodeOf(run, nodeId) : undefined,
  );
  const spec = useModuleSpec(useDocument((state) => state.nodes[nodeId]?.module ?? ''));
  return useMemo(() => {
    if (planned === undefined || going) return null;
    return freshnessOf(planned, shown, { node: titleOf, spec });
  }, [planned, going, shown, spec]);
}

/** Whether the plan tells more than that everything runs for the first time. */
export function usePlanTells(): boolean {
  return usePlan(({ nodes }) =>
    Object.values(nodes).some(({ action, changed }) => action !== 'run' || changed.length > 0),
  );
}

export function titleOf(nodeId: string): string {
  const node = documentStore.getState().nodes[nodeId];
  return node === undefined ? nodeId : nodeTitle(node, catalogStore.getState().modules);
}
