/**
 * The document as @xyflow/react draws it. Nodes and edges that didn't change keep their identity; what a drag or a
 * glide moves lives here alone until it is done, so that the document sees one step.
 */

import { applyNodeChanges, type Edge, type EdgeChange, type Node, type NodeChange } from '@xyflow/react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { documentStore, type DocumentState } from '@/lib/document/documentStore';
import { readingOrder } from '@/lib/document/readingOrder';
import { wireId, type DocumentWire, type Point } from '@/lib/document/types';
import { catalogStore, nodeTitle, type ModuleMap } from '@/lib/modules/catalog';

export type ModuleFlowNode = Node<{ moduleId: string }, 'module'>;
export type WireFlowEdge = Edge<{ wire: DocumentWire }, 'wire'>;

interface FlowState {
  readonly nodes: ModuleFlowNode[];
  readonly edges: WireFlowEdge[];
}

const GLIDE_MS = 260;
/** Above this many, moving every frame costs more than it shows. */
const GLIDE_LIMIT = 300;

export const flowStore = createStore<FlowState>()(() => ({ nodes: [], edges: [] }));

export function useFlow<T>(selector: (state: FlowState) => T): T {
  return useStore(flowStore, selector);
}

/** Draw the document from now on, until the returned function is called. */
export function followDocument(): () => void {
  flowStore.setState({ nodes: [], edges: [] });
  draw(documentStore.getState(), undefined);
  const stops = [
    documentStore.subscribe(draw),
    catalogStore.subscribe(() => draw(documentStore.getState(), undefined)),
    stopGlide,
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

export function onNodesChange(changes: NodeChange<ModuleFlowNode>[]): void {
  const selected = chosen(changes, documentStore.getState().selection);
  const moves = changes.filter((change) => change.type === 'position' || change.type === 'dimensions');
  if (moves.length > 0) flowStore.setState(({ nodes }) => ({ nodes: applyNodeChanges(moves, nodes) }));
  if (selected) documentStore.getState().select(selected, documentStore.getState().selectedWires);
}

export function onEdgesChange(changes: EdgeChange<WireFlowEdge>[]): void {
  const selected = chosen(changes, documentStore.getState().selectedWires);
  if (selected) documentStore.getState().select(documentStore.getState().selection, selected);
}

/** Make what a drag has moved part of the document, as one step. */
export function commitMoves(moved: readonly Pick<ModuleFlowNode, 'id' | 'position'>[]): void {
  documentStore
    .getState()
    .moveNodes(new Map(moved.map(({ id, position }): [string, Point] => [id, [position.x, position.y]])));
}

function chosen(
  changes: readonly (NodeChange<ModuleFlowNode> | EdgeChange<WireFlowEdge>)[],
  before: ReadonlySet<string>,
): Set<string> | null {
  const after = new Set(before);
  let any = false;
  for (const change of changes) {
    if (change.type !== 'select') continue;
    any = true;
    if (change.selected) after.add(change.id);
    else after.delete(change.id);
  }
  return any ? after : null;
}

function draw(state: DocumentState, before: DocumentState | undefined): void {
  const { modules } = catalogStore.getState();
  const flow = flowStore.getState();
  const change: { nodes?: ModuleFlowNode[]; edges?: WireFlowEdge[] } = {};
  if (
    !before ||
    state.nodes !== before.nodes ||
    state.selection !== before.selection ||
    state.wires !== before.wires
  ) {
    const nodes = drawNodes(state, modules, flow.nodes);
    if (!sameItems(nodes, flow.nodes)) change.nodes = nodes;
  }
  if (!before || state.wires !== before.wires || state.selectedWires !== before.selectedWires) {
    const edges = drawEdges(state, modules, flow.edges);
    if (!sameItems(edges, flow.edges)) change.edges = edges;
  }
  if (!change.nodes && !change.edges) return;
  const glides = before && (state.lastChange === 'layout' || state.lastChange === 'travel');
  if (glides && change.nodes && state.nodes !== before.nodes) glide(flow.nodes, change.nodes, change.edges);
  else flowStore.setState(change);
}

function drawNodes(
  state: DocumentState,
  modules: ModuleMap,
  drawn: readonly ModuleFlowNode[],
): ModuleFlowNode[] {
  const known = new Map(drawn.map((node) => [node.id, node]));
  return readingOrder(state).flatMap((id) => {
    const node = state.nodes[id];
    if (!node) return [];
    const old = known.get(id);
    const [x, y] = node.position;
    const selected = state.selection.has(id);
    const ariaLabel = nodeTitle(node, modules);
    const stays =
      old &&
      old.selected === selected &&
      old.ariaLabel === ariaLabel &&
      old.data.moduleId === node.module &&
      (old.dragging === true || (old.position.x === x && old.position.y === y));
    if (stays) return [old];
    return [
      {
        ...old,
        id,
        type: 'module' as const,
        position: old?.dragging === true ? old.position : { x, y },
        data: old?.data.moduleId === node.module ? old.data : { moduleId: node.module },
        selected,
        ariaLabel,
      },
    ];
  });
}

function drawEdges(state: DocumentState, modules: ModuleMap, drawn: readonly WireFlowEdge[]): WireFlowEdge[] {
  const known = new Map(drawn.map((edge) => [edge.id, edge]));
  const title = (id: string) => {
    const node = state.nodes[id];
    return node ? nodeTitle(node, modules) : id;
  };
  return state.wires.map((wire) => {
    const id = wireId(wire);
    const old = known.get(id);
    const selected = state.selectedWires.has(id);
    const ariaLabel = `Wire from ${title(wire.from[0])} to ${title(wire.to[0])}`;
    if (old && old.selected === selected && old.ariaLabel === ariaLabel) return old;
    return {
      id,
      type: 'wire',
      source: wire.from[0],
      sourceHandle: wire.from[1],
      target: wire.to[0],
      targetHandle: wire.to[1],
      data: old?.data ?? { wire },
      selected,
      ariaLabel,
    };
  });
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

let frame = 0;

function stopGlide(): void {
  cancelAnimationFrame(frame);
}

/** Take the nodes from where they are drawn to where they belong, smoothly where the person likes motion. */
function glide(
  from: readonly ModuleFlowNode[],
  to: ModuleFlowNode[],
  edges: WireFlowEdge[] | undefined,
): void {
  stopGlide();
  const starts = new Map(from.map((node) => [node.id, node.position]));
  const moved = to.filter((node) => {
    const start = starts.get(node.id);
    return start && (start.x !== node.position.x || start.y !== node.position.y);
  });
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches || moved.length > GLIDE_LIMIT;
  const ends = new Map(moved.map((node) => [node.id, node.position]));
  if (still || ends.size === 0) {
    flowStore.setState(edges ? { nodes: to, edges } : { nodes: to });
    return;
  }
  const began = performance.now();
  const at = (share: number) => (node: ModuleFlowNode) => {
    const start = starts.get(node.id);
    const end = ends.get(node.id);
    if (!start || !end || node.dragging === true) return node;
    const position = share >= 1 ? end : { x: mix(start.x, end.x, share), y: mix(start.y, end.y, share) };
    return { ...node, position };
  };
  flowStore.setState({ nodes: to.map(at(0)), ...(edges && { edges }) });
  const step = (now: number) => {
    const time = Math.min(1, (now - began) / GLIDE_MS);
    const share = 1 - (1 - time) ** 3;
    flowStore.setState(({ nodes }) => ({ nodes: nodes.map(at(share)) }));
    if (time < 1) frame = requestAnimationFrame(step);
  };
  frame = requestAnimationFrame(step);
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
