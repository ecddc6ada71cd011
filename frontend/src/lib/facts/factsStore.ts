/** What is known of the open pipeline before it runs: facts for each output, remarks for each node. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { FactsAnswer, PortFacts, Remark } from '@/services/types.generated';
import { standingQuestion } from '../document/standingQuestion';
import { wireInto } from '../document/wireIndex';
import type { PortRef, PortSide } from '../document/types';
import { keepSame } from '../plan/planStore';

export type { PortFacts, Remark } from '@/services/types.generated';

export type NodeFacts = Readonly<Record<string, PortFacts>>;

export interface FactsState {
  /** `ready` when what is said is about the document as it is now. */
  readonly status: 'none' | 'asking' | 'ready';
  /** By node id, then by output. What stays the same keeps its identity, so that only nodes it concerns are drawn. */
  readonly facts: Readonly<Record<string, NodeFacts>>;
  readonly remarks: Readonly<Record<string, readonly Remark[]>>;
}

const NOTHING: FactsState = { status: 'none', facts: {}, remarks: {} };
const NO_FACTS: NodeFacts = {};
const NO_REMARKS: readonly Remark[] = [];

export const factsStore = createStore<FactsState>()(() => NOTHING);

export function useFacts<T>(selector: (state: FactsState) => T): T {
  return useStore(factsStore, selector);
}

/** What is known of a node's outputs; the same object until that changes. */
export function useNodeFacts(nodeId: string): NodeFacts {
  return useFacts((state) => state.facts[nodeId] ?? NO_FACTS);
}

/** What there is to remark about a node, the worst first; the same array until that changes. */
export function useNodeRemarks(nodeId: string): readonly Remark[] {
  return useFacts((state) => state.remarks[nodeId] ?? NO_REMARKS);
}

/** The worst remark about a port of a node. */
export function portRemark({ remarks }: FactsState, nodeId: string, portId: string): Remark | undefined {
  return remarks[nodeId]?.find(({ port }) => port === portId);
}

/** What is known of what goes through a port: for an input, of the output that is wired to it. */
export function portFacts(
  { facts }: FactsState,
  wires: Parameters<typeof wireInto>[0],
  [nodeId, portId]: PortRef,
  side: PortSide,
): PortFacts | undefined {
  const [node, port] = side === 'output' ? [nodeId, portId] : (wireInto(wires, [nodeId, portId])?.from ?? []);
  return node === undefined || port === undefined ? undefined : facts[node]?.[port];
}

const question = standingQuestion<FactsAnswer>({
  path: 'facts',
  quiet: 250,
  holds: 60_000,
  onAnswer: (answer) => factsStore.setState((before) => shown(before, answer)),
  onNothing: () => factsStore.setState(NOTHING),
  onEdited: () => {
    if (factsStore.getState().status === 'ready') factsStore.setState({ status: 'asking' });
  },
});

/** Keep the facts up to date until the returned function is called. */
export const followFacts = question.follow;

/** Results or data sets came or went: ask anew. */
export const refreshFacts = question.refresh;

/** The state after an answer: whatever says the same as before stays the very same object. */
export function shown(before: FactsState, { facts, remarks }: FactsAnswer): FactsState {
  const groups: Record<string, Remark[]> = {};
  for (const remark of remarks) (groups[remark.node] ??= []).push(remark);
  return {
    status: 'ready',
    facts: keepSame<NodeFacts>(before.facts, facts),
    remarks: keepSame<readonly Remark[]>(before.remarks, groups),
  };
}
