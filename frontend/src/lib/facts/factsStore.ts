/** What is known of the open pipeline before it runs: facts for each output, remarks for each node. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { ApiError, api } from '@/services/http';
import type { FactsAnswer, PortFacts, Remark } from '@/services/types.generated';
import { documentStore } from '../document/documentStore';
import { wireInto } from '../document/wireIndex';
import type { PortRef, PortSide } from '../document/types';
import { keepSame, keyOf } from '../plan/planStore';

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
const QUIET_MS = 250;
const KEPT_MS = 60_000;
const MOST_KEPT = 24;

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

const kept = new Map<string, { answer: FactsAnswer; at: number }>();
let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | null = null;
let following = false;

/** Keep the facts up to date until the returned function is called. */
export function followFacts(): () => void {
  following = true;
  const stop = documentStore.subscribe((now, before) => {
    const moved =
      now.nodes !== before.nodes ||
      now.wires !== before.wires ||
      now.defaultComputeTarget !== before.defaultComputeTarget ||
      now.viewing !== before.viewing ||
      now.pipelineId !== before.pipelineId;
    if (moved) later(now.pipelineId === before.pipelineId ? QUIET_MS : 0);
  });
  later(0);
  return () => {
    stop();
    following = false;
    clearTimeout(timer);
    asking?.abort();
    factsStore.setState(NOTHING);
  };
}

/** Results or data sets came or went: ask anew. */
export function refreshFacts(): void {
  kept.clear();
  if (following) later(QUIET_MS);
}

function later(wait: number): void {
  clearTimeout(timer);
  asking?.abort();
  asking = null;
  if (factsStore.getState().status === 'ready') factsStore.setState({ status: 'asking' });
  timer = setTimeout(() => void ask(), wait);
}

async function ask(): Promise<void> {
  const state = documentStore.getState();
  if (state.order.length === 0 || state.viewing !== null) {
    factsStore.setState(NOTHING);
    return;
  }
  const key = keyOf(state);
  const known = kept.get(key);
  if (known && Date.now() - known.at < KEPT_MS) {
    factsStore.setState((before) => shown(before, known.answer));
    return;
  }
  const question = new AbortController();
  asking = question;
  try {
    const answer = await api.post<FactsAnswer>(
      'facts',
      { pipeline: state.toDocument() },
      { signal: question.signal },
    );
    if (question.signal.aborted) return;
    keep(key, answer);
    factsStore.setState((before) => shown(before, answer));
  } catch (error) {
    if (question.signal.aborted) return;
    factsStore.setState(NOTHING);
    if (!(error instanceof ApiError)) throw error;
  }
}

function keep(key: string, answer: FactsAnswer): void {
  kept.delete(key);
  kept.set(key, { answer, at: Date.now() });
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
}

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
