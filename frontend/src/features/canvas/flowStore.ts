/**
 * The document as @xyflow/react draws it. Nodes and edges that didn't change keep their identity; what a drag or a
 * glide moves lives here alone until it is done, so that the document sees one step.
 */

import { applyNodeChanges, type Edge, type EdgeChange, type Node, type NodeChange } from '@xyflow/react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { snapTo, type Guide } from '@/lib/document/align';
import { carriedBy, type Box } from '@/lib/document/annotations';
import { annotationTitle, documentStore, type DocumentState } from '@/lib/document/documentStore';
import { readingOrder } from '@/lib/document/readingOrder';
import { wireId, type Annotation, type DocumentWire, type Point } from '@/lib/document/types';
import { catalogStore, nodeTitle, type ModuleMap } from '@/lib/modules/catalog';
import { carry, isLifted, lift, setDown, type Place } from './lift';
import { CULL_FROM, GRID, NODE_HEIGHT, NODE_WIDTH } from './sizes';

export type ModuleFlowNode = Node<{ moduleId: string }, 'module'>;
export type AnnotationFlowNode = Node<{ annotation: Annotation }, 'note' | 'section'>;
export type CanvasNode = ModuleFlowNode | AnnotationFlowNode;
export type WireFlowEdge = Edge<{ wire: DocumentWire }, 'wire'>;

interface FlowState {
  readonly nodes: CanvasNode[];
  readonly edges: WireFlowEdge[];
}

const GLIDE_MS = 260;
/** Below the wires; what is selected comes 1,000 higher. */
const DEPTH = { note: -1500, section: -2000 };
/** How near, in pixels of the screen, a dragged node has to come to a line to snap to it. */
const SNAP_REACH = 6;
/** Above this many, moving every frame costs more than it shows. */
const GLIDE_LIMIT = 300;

const WIRE_ATTRIBUTES = { 'aria-roledescription': 'wire' };

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
    () => setDown(new Map()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

export function onNodesChange(changes: NodeChange<CanvasNode>[]): void {
  const state = documentStore.getState();
  const moves = changes.filter((change) => change.type === 'position' || change.type === 'dimensions');
  if (moves.length > 0) {
    const all = withDrag(moves);
    if (!goesOn(all)) flowStore.setState(({ nodes }) => ({ nodes: applyNodeChanges(all, nodes) }));
  }
  const isAnnotation = (id: string) => state.nodes[id] === undefined;
  const annotations = chosen(changes, state.selectedAnnotations, isAnnotation);
  const nodes = chosen(changes, state.selection, (id) => !isAnnotation(id));
  if (nodes || annotations)
    state.select(nodes ?? state.selection, state.selectedWires, annotations ?? state.selectedAnnotations);
}

export function onEdgesChange(changes: EdgeChange<WireFlowEdge>[]): void {
  const state = documentStore.getState();
  const selected = chosen(changes, state.selectedWires);
  if (selected) state.select(state.selection, selected, state.selectedAnnotations);
}

/** Make what a drag has moved part of the document, as one step. */
export function commitMoves(moved: readonly Pick<CanvasNode, 'id'>[]): void {
  documentStore.getState().moveNodes(endDrag(moved.map(({ id }) => id)));
}

/** Where a drag has left things: those that were dragged, and what their sections carried along. */
export function endDrag(ids: readonly string[]): Map<string, Point> {
  const carried = drag ? [...drag.carried.keys()] : [];
  const dropped = isDragDropped();
  drag = null;
  dragging.slack = [0, 0];
  guideStore.setState({ guides: NO_GUIDES });
  const wanted = new Set([...ids, ...carried]);
  // The library forgets to say so when the pointer came to rest where it took it for a drag.
  const held = flowStore.getState().nodes.filter((node) => node.dragging === true && wanted.has(node.id));
  if (held.length > 0) onNodesChange(held.map(({ id }) => ({ type: 'position', id, dragging: false })));
  if (dropped) return new Map();
  return new Map(
    flowStore
      .getState()
      .nodes.flatMap(({ id, position }): [string, Point][] =>
        wanted.has(id) ? [[id, [position.x, position.y]]] : [],
      ),
  );
}

/** Draw one box elsewhere or larger, before it is decided. */
export function previewBox(id: string, { position, size }: Box): void {
  flowStore.setState(({ nodes }) => ({
    nodes: nodes.map((node) =>
      node.id === id
        ? { ...node, position: { x: position[0], y: position[1] }, width: size[0], height: size[1] }
        : node,
    ),
  }));
}

/** The boxes of everything on the canvas, as it is drawn. */
export function drawnBoxes(nodes: readonly CanvasNode[] = flowStore.getState().nodes): Map<string, Box> {
  return new Map(nodes.map((node) => [node.id, boxOf(node)]));
}

export function boxOf(node: CanvasNode): Box {
  const width = node.measured?.width ?? node.width ?? NODE_WIDTH;
  const height = node.measured?.height ?? node.height ?? NODE_HEIGHT;
  return { position: [node.position.x, node.position.y], size: [width, height] };
}

interface Drag {
  /** Where what a section carries lay when the drag began, with the section that carries it. */
  readonly carried: ReadonlyMap<string, { readonly from: Point; readonly by: string }>;
  readonly starts: ReadonlyMap<string, Point>;
  /** What the dragged boxes may line up with. */
  readonly others: readonly Box[];
  readonly sizes: ReadonlyMap<string, Point>;
  /** The library has drawn its first step. */
  drawn: boolean;
  /** Escape: everything is back where it was, wherever the pointer goes until its button is let go. */
  dropped: boolean;
}

const NO_GUIDES: readonly Guide[] = [];

/** The lines that show what a dragged node lies in line with. */
export const guideStore = createStore<{ readonly guides: readonly Guide[] }>()(() => ({
  guides: NO_GUIDES,
}));

let drag: Drag | null = null;
const dragging = { zoom: 1, free: false, slack: [0, 0] as Point };

/** What the pointer says about the drag that goes on: at this zoom, and `free` of snapping while Alt is held. */
export function steerDrag(zoom: number, free: boolean): void {
  dragging.zoom = zoom;
  dragging.free = free;
}

/**
 * Begin a drag of nodes by as much as the pointer has moved already: the library counts from where it takes it for a
 * drag, and a fast hand is far away by then. `by` is in the coordinates of the canvas.
 */
export function takeUp(nodes: readonly Pick<CanvasNode, 'id' | 'position'>[], by: Point): void {
  dragging.slack = [snapped(by[0]), snapped(by[1])];
  if (dragging.slack[0] === 0 && dragging.slack[1] === 0) return;
  onNodesChange(nodes.map(({ id, position }) => ({ type: 'position', id, position, dragging: true })));
}

/** Give a drag up: what it moves goes back to where it was. Returns whether there is one to give up. */
export function dropDrag(): boolean {
  if (!drag || drag.dropped) return false;
  drag.dropped = true;
  onNodesChange(
    [...drag.starts].map(([id, [x, y]]) => ({ type: 'position', id, position: { x, y }, dragging: true })),
  );
  return true;
}

export function isDragDropped(): boolean {
  return drag?.dropped === true;
}

function snapped(length: number): number {
  return Math.round(length / GRID) * GRID;
}

/** The changes of a drag with what snapping and sections make of them. */
function withDrag(moves: NodeChange<CanvasNode>[]): NodeChange<CanvasNode>[] {
  const dragged = moves.filter(
    (move) => move.type === 'position' && move.position !== undefined && move.dragging !== undefined,
  ) as { id: string; type: 'position'; position: { x: number; y: number }; dragging: boolean }[];
  const [first] = dragged;
  if (!first) return moves;
  drag ??= beginDrag(dragged.map(({ id }) => id));
  const { starts, sizes, others, carried, dropped } = drag;
  const [slackX, slackY] = dragging.slack;
  const box = unionOf(
    dragged.map(({ id, position }) => ({
      position: [position.x + slackX, position.y + slackY],
      size: sizes.get(id) ?? [NODE_WIDTH, NODE_HEIGHT],
    })),
  );
  const { by, guides } =
    dragging.free || dropped
      ? { by: [0, 0] as const, guides: NO_GUIDES }
      : snapTo(box, others, SNAP_REACH / dragging.zoom);
  const isGoingOn = first.dragging;
  if (guides.length > 0 || guideStore.getState().guides.length > 0)
    guideStore.setState({ guides: isGoingOn ? guides : NO_GUIDES });
  const places = new Map(
    dragged.map(({ id, position }) => {
      const start = dropped ? starts.get(id) : undefined;
      if (start) return [id, { x: start[0], y: start[1] }];
      return [id, { x: position.x + slackX + by[0], y: position.y + slackY + by[1] }];
    }),
  );
  const along = [...carried].flatMap(([id, { from, by: section }]): NodeChange<CanvasNode>[] => {
    const [start, now] = [starts.get(section), places.get(section)];
    if (!start || !now) return [];
    const position = { x: from[0] + now.x - start[0], y: from[1] + now.y - start[1] };
    return [{ type: 'position', id, position, dragging: isGoingOn }];
  });
  const snapped = moves.map((move) =>
    move.type === 'position' && places.has(move.id) ? { ...move, position: places.get(move.id) } : move,
  ) as NodeChange<CanvasNode>[];
  return [...snapped, ...along];
}

/**
 * Whether these changes are one more step of a drag, which `lift` has drawn: the library hears of the first step and of
 * the last. Where it leaves out what is out of view it has to know all the time what is where.
 */
function goesOn(changes: readonly NodeChange<CanvasNode>[]): boolean {
  if (!drag) return false;
  const { nodes, edges } = flowStore.getState();
  const places = new Map<string, Place>();
  let last = false;
  for (const change of changes) {
    if (change.type !== 'position' || !change.position) return false;
    places.set(change.id, change.position);
    last ||= change.dragging !== true;
  }
  if (last) {
    setDown(places);
    return false;
  }
  if (!drag.drawn || nodes.length > CULL_FROM) {
    drag.drawn = true;
    return false;
  }
  if (!isLifted()) {
    const from = nodes.flatMap(({ id, position }) => (places.has(id) ? [[id, position] as const] : []));
    const own = edges.filter(({ source, target }) => places.has(source) || places.has(target));
    lift(new Map(from), new Set(own.map(({ id }) => id)));
  }
  carry(places);
  return true;
}

function beginDrag(ids: readonly string[]): Drag {
  const { annotations } = documentStore.getState();
  const { nodes } = flowStore.getState();
  const boxes = drawnBoxes(nodes);
  const carriers = ids.filter((id) => annotations.some((one) => one.id === id && one.kind === 'section'));
  const carried = new Map<string, { from: Point; by: string }>();
  for (const by of carriers) {
    for (const id of carriedBy([by], annotations, boxes)) {
      const from = boxes.get(id)?.position;
      if (from && !ids.includes(id)) carried.set(id, { from, by });
    }
  }
  const moving = new Set([...ids, ...carried.keys()]);
  return {
    carried,
    starts: new Map(ids.map((id) => [id, boxes.get(id)?.position ?? [0, 0]])),
    sizes: new Map(ids.map((id) => [id, boxes.get(id)?.size ?? [NODE_WIDTH, NODE_HEIGHT]])),
    others: nodes.filter(({ id }) => !moving.has(id)).map(boxOf),
    drawn: false,
    dropped: false,
  };
}

function unionOf(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map(({ position }) => position[0]));
  const top = Math.min(...boxes.map(({ position }) => position[1]));
  const right = Math.max(...boxes.map(({ position, size }) => position[0] + size[0]));
  const bottom = Math.max(...boxes.map(({ position, size }) => position[1] + size[1]));
  return { position: [left, top], size: [right - left, bottom - top] };
}

function chosen(
  changes: readonly (NodeChange<CanvasNode> | EdgeChange<WireFlowEdge>)[],
  before: ReadonlySet<string>,
  concerns: (id: string) => boolean = () => true,
): Set<string> | null {
  const after = new Set(before);
  let any = false;
  for (const change of changes) {
    if (change.type !== 'select' || !concerns(change.id)) continue;
    any = true;
    if (change.selected) after.add(change.id);
    else after.delete(change.id);
  }
  return any ? after : null;
}

function draw(state: DocumentState, before: DocumentState | undefined): void {
  const { modules } = catalogStore.getState();
  const flow = flowStore.getState();
  const change: { nodes?: CanvasNode[]; edges?: WireFlowEdge[] } = {};
  if (
    !before ||
    state.nodes !== before.nodes ||
    state.annotations !== before.annotations ||
    state.selectedAnnotations !== before.selectedAnnotations ||
    state.selection !== before.selection ||
    state.wires !== before.wires
  ) {
    const known = new Map(flow.nodes.map((node) => [node.id, node]));
    const nodes = [...drawNodes(state, modules, known), ...drawAnnotations(state, known)];
    if (!sameItems(nodes, flow.nodes)) change.nodes = nodes;
  }
  if (!before || state.wires !== before.wires || state.selectedWires !== before.selectedWires) {
    const edges = drawEdges(state, modules, flow.edges);
    if (!sameItems(edges, flow.edges)) change.edges = edges;
  }
  if (!change.nodes && !change.edges) return;
  const glides = before && (state.lastChange === 'layout' || state.lastChange === 'travel');
  const changed = before && (state.nodes !== before.nodes || state.annotations !== before.annotations);
  if (glides && change.nodes && changed) glide(flow.nodes, change.nodes, change.edges);
  else flowStore.setState(change);
}

function drawNodes(
  state: DocumentState,
  modules: ModuleMap,
  known: ReadonlyMap<string, CanvasNode>,
): ModuleFlowNode[] {
  return readingOrder(state).flatMap((id) => {
    const node = state.nodes[id];
    if (!node) return [];
    const drawn = known.get(id);
    const old = drawn?.type === 'module' ? drawn : undefined;
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

function drawAnnotations(
  { annotations, selectedAnnotations }: DocumentState,
  known: ReadonlyMap<string, CanvasNode>,
): AnnotationFlowNode[] {
  return annotations.map((annotation) => {
    const { id, kind, position, size } = annotation;
    const drawn = known.get(id);
    const old = drawn?.type === kind ? (drawn as AnnotationFlowNode) : undefined;
    const selected = selectedAnnotations.has(id);
    const isThere =
      old &&
      (old.dragging === true ||
        (old.position.x === position[0] &&
          old.position.y === position[1] &&
          old.width === size[0] &&
          old.height === size[1]));
    if (isThere && old.selected === selected && old.data.annotation === annotation) return old;
    const title = annotationTitle(annotation).replace(/^(a|the) /, '');
    return {
      ...old,
      id,
      type: kind,
      position: old?.dragging === true ? old.position : { x: position[0], y: position[1] },
      width: size[0],
      height: size[1],
      zIndex: DEPTH[kind],
      data: old?.data.annotation === annotation ? old.data : { annotation },
      selected,
      ariaLabel: title.charAt(0).toUpperCase() + title.slice(1),
      domAttributes: { 'aria-roledescription': kind },
      // A section is a frame: what lies under its middle stays within reach.
      ...(kind === 'section' && { style: { pointerEvents: 'none' as const } }),
    };
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
      domAttributes: WIRE_ATTRIBUTES,
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
function glide(from: readonly CanvasNode[], to: CanvasNode[], edges: WireFlowEdge[] | undefined): void {
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
  const at = (share: number) => (node: CanvasNode) => {
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
