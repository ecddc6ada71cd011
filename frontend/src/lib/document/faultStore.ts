import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { ErrorRecord } from '@/services/types.generated';

/** What the server found wrong with the document, and which of the faults is being looked at. */

export type Fault = ErrorRecord;

interface FaultState {
  readonly faults: readonly Fault[];
  readonly byNode: ReadonlyMap<string, readonly Fault[]>;
  /** The index of the fault that was led to last. */
  readonly current: number | null;
  /** Counts every lead, so that leading to the same fault again is seen too. */
  readonly leads: number;

  /** Put these faults in place of the earlier ones and lead to the first. */
  show: (faults: readonly Fault[]) => void;
  clear: () => void;
  leadTo: (index: number) => void;
  next: () => void;
  previous: () => void;
  /** Drop what was said about a parameter, because it has been edited since. */
  edited: (nodeId: string, parameterId: string) => void;
  /** Drop what was said about nodes that are gone. */
  keepOnly: (nodeIds: ReadonlySet<string>) => void;
}

const NONE: readonly Fault[] = [];

export const faultStore = createStore<FaultState>((set, get) => {
  const put = (faults: readonly Fault[], current: number | null) =>
    set({ faults, byNode: groupByNode(faults), current });

  const leadTo = (index: number) => {
    if (index in get().faults) set((state) => ({ current: index, leads: state.leads + 1 }));
  };
  const retain = (keep: (fault: Fault) => boolean) => {
    const { faults, current } = get();
    const kept = faults.filter(keep);
    if (kept.length === faults.length) return;
    const looked = current === null ? undefined : faults[current];
    const at = looked ? kept.indexOf(looked) : -1;
    put(kept, at === -1 ? null : at);
  };

  return {
    faults: NONE,
    byNode: new Map(),
    current: null,
    leads: 0,
    show: (faults) => {
      put(faults, null);
      leadTo(0);
    },
    clear: () => {
      if (get().faults.length > 0) put(NONE, null);
    },
    leadTo,
    next: () => {
      const { faults, current } = get();
      leadTo(current === null ? 0 : (current + 1) % faults.length);
    },
    previous: () => {
      const { faults, current } = get();
      leadTo(current === null ? 0 : (current + faults.length - 1) % faults.length);
    },
    edited: (nodeId, parameterId) =>
      retain((fault) => fault.node !== nodeId || fault.parameter !== parameterId),
    keepOnly: (nodeIds) => retain((fault) => fault.node === undefined || nodeIds.has(fault.node)),
  };
});

export function useFaults<T>(selector: (state: FaultState) => T): T {
  return useStore(faultStore, selector);
}

/** The faults of one node; the same array until they change. */
export function useNodeFaults(nodeId: string): readonly Fault[] {
  return useStore(faultStore, (state) => state.byNode.get(nodeId) ?? NONE);
}

function groupByNode(faults: readonly Fault[]): ReadonlyMap<string, readonly Fault[]> {
  const groups = new Map<string, Fault[]>();
  for (const fault of faults) {
    if (fault.node === undefined) continue;
    const group = groups.get(fault.node);
    if (group) group.push(fault);
    else groups.set(fault.node, [fault]);
  }
  return groups;
}
