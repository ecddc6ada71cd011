import {
  Background,
  BackgroundVariant,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  type EdgeTypes,
  type MiniMapNodeProps,
  type NodeMouseHandler,
  type NodeProps,
  type NodeTypes,
  type OnMoveEnd,
  type OnMoveStart,
  type OnNodeDrag,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { ContextMenu, preloadMenus } from '@/components/ui/Menu';
import { VisuallyHidden } from '@/components/ui/VisuallyHidden';
import { announce, useAnnouncement } from '@/lib/announce';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { runCommand, useCommands, useShortcuts } from '@/lib/commands';
import { documentStore } from '@/lib/document/documentStore';
import type { DocumentWire, Point } from '@/lib/document/types';
import { afterFirstSight, firstSight } from '@/lib/firstSight';
import { catalogStore, nodeTitle } from '@/lib/modules/catalog';
import styles from './Canvas.module.css';
import { CanvasControls } from './CanvasControls';
import type { MenuPlace } from './canvasMenu';
import { canvasUi, useCanvasUi } from './canvasUi';
import {
  commitMoves,
  dropDrag,
  endDrag,
  followDocument,
  isDragDropped,
  onEdgesChange,
  onNodesChange,
  steerDrag,
  takeUp,
  useFlow,
  type AnnotationFlowNode,
  type CanvasNode,
} from './flowStore';
import { aimInsertion, endInsertion, isLoose, makeWay } from './insertion';
import { ModuleNode } from './ModuleNode';
import { CULL_FROM, GRID } from './sizes';
import { SlotsContext, type CanvasSlots } from './slots';
import { preloadHands, useCanvasHands } from './useCanvasHands';
import { useCanvasKeys } from './useCanvasKeys';
import { useFirstLook } from './useFirstLook';
import { useLevelOfDetail } from './useLevelOfDetail';
import { canvasCommands } from './commands';
import { WireEdge } from './WireEdge';
import { useWiring } from './wiring';

interface CanvasProps {
  /** What other features draw on the nodes. Keep its identity. */
  readonly slots: CanvasSlots;
  readonly onOpenInspector?: (nodeId: string) => void;
  /** Offered on an empty canvas. */
  readonly onOpenSample?: () => void;
  /** Look and select, but change nothing. */
  readonly readOnly?: boolean;
}

const LazyAnnotation = lazy(() =>
  import('./AnnotationNode').then((module) => ({ default: module.AnnotationNode })),
);

function Annotation(props: NodeProps<AnnotationFlowNode>) {
  return (
    <Suspense fallback={null}>
      <LazyAnnotation {...props} />
    </Suspense>
  );
}

const EmptyCanvas = lazy(
  afterFirstSight(() => import('./EmptyCanvas').then((module) => ({ default: module.EmptyCanvas }))),
);
const GuideLayer = lazy(
  afterFirstSight(() => import('./GuideLayer').then((module) => ({ default: module.GuideLayer }))),
);
const WiringLayer = lazy(
  afterFirstSight(() => import('./WiringLayer').then((module) => ({ default: module.WiringLayer }))),
);
const loadMenu = afterFirstSight(() => import('./canvasMenu'));
const QuickAdd = lazy(
  afterFirstSight(() => import('./QuickAdd').then((module) => ({ default: module.QuickAdd }))),
);
const FindNode = lazy(
  afterFirstSight(() => import('./FindNode').then((module) => ({ default: module.FindNode }))),
);
const HintLayer = lazy(
  afterFirstSight(() => import('./HintLayer').then((module) => ({ default: module.HintLayer }))),
);

const nodeTypes: NodeTypes = { module: ModuleNode, note: Annotation, section: Annotation };
const edgeTypes: EdgeTypes = { wire: WireEdge };

/** How long after the first sight the code of what needs a hand or a key is fetched. */
const PRELOAD_MS = 200;
/** How long nothing can be pressed after the last turn of the wheel, unless the pointer moves. */
const SHIELD_MS = 150;
const MIDDLE_BUTTON = [1];
const ADD_TO_SELECTION = ['Meta', 'Control', 'Shift'];
const SNAP_GRID: [number, number] = [GRID, GRID];
const ARIA_LABELS = {
  'node.a11yDescription.default':
    'Enter opens the inspector, arrow keys move the node, Tab goes to its ports.',
  'edge.a11yDescription.default': 'Enter selects the wire, Delete removes it.',
  'minimap.ariaLabel': 'Map of the pipeline',
};

/** The pipeline as a drawing that can be edited. */
export function Canvas(props: CanvasProps) {
  return (
    <SlotsContext value={props.slots}>
      <ReactFlowProvider>
        <CanvasBody {...props} />
      </ReactFlowProvider>
    </SlotsContext>
  );
}

function CanvasBody({ onOpenInspector, onOpenSample, readOnly = false }: CanvasProps) {
  const [container, setContainer] = useState<HTMLElement | null>(null);
  useEffect(followDocument, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    void firstSight.then(() => {
      if (!left) timer = setTimeout(preload, PRELOAD_MS);
    });
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, []);
  useEffect(() => {
    canvasUi.setState({ readOnly });
  }, [readOnly]);

  const hands = useCanvasHands(container, onOpenInspector);
  useCommands(useMemo(() => canvasCommands(hands), [hands]));
  useShortcuts();
  useCanvasKeys(hands);
  useLevelOfDetail(container);

  const [menu, setMenu] = useState<Awaited<ReturnType<typeof loadMenu>> | null>(null);
  useEffect(() => {
    void loadMenu().then(setMenu);
  }, []);
  const [place, setPlace] = useState<MenuPlace>({ kind: 'canvas' });
  const wiring = useWiring((state) => state.wiring !== null);
  return (
    <ContextMenu entries={menu?.menuEntries(place, readOnly) ?? []}>
      <section
        ref={setContainer}
        className={styles.canvas}
        aria-label="Canvas"
        data-canvas
        data-wiring={wiring || undefined}
        data-readonly={readOnly || undefined}
        onPointerDownCapture={({ pointerType, clientX, clientY }) => {
          pressed = pointerType === 'mouse' ? [clientX, clientY] : null;
        }}
        onContextMenuCapture={(event) => {
          if (menu) setPlace(menu.choosePlace(event.target, [event.clientX, event.clientY]));
        }}
        onDoubleClick={(event) => {
          if (!(event.target instanceof Element) || readOnly) return;
          if (
            event.target.closest('.react-flow__pane') &&
            !event.target.closest('.react-flow__node, .react-flow__edge')
          ) {
            canvasUi.setState({ quickAdd: { client: [event.clientX, event.clientY] } });
          }
        }}
      >
        <Flow readOnly={readOnly} />
        <CanvasControls />
        {/* None of these is there at first sight, so their code comes after the rest. */}
        <Suspense fallback={null}>
          <EmptyCanvas onOpenSample={onOpenSample} />
          <QuickAdd />
          <FindNode />
          <HintLayer container={container} />
        </Suspense>
        <Announcer />
      </section>
    </ContextMenu>
  );
}

function preload(): void {
  preloadHands();
  preloadMenus();
}

/** The part that is drawn anew while something moves; everything around it stays. */
function Flow({ readOnly }: { readOnly: boolean }) {
  const nodes = useFlow((state) => state.nodes);
  const edges = useFlow((state) => state.edges);
  const tool = useCanvasUi((state) => state.tool);
  const minimap = useCanvasUi((state) => state.minimap);
  const remember = useFirstLook();
  const endMove = useCallback<OnMoveEnd>(
    (event, viewport) => {
      shield(false);
      remember(event, viewport);
    },
    [remember],
  );
  const selecting = tool === 'select' && !readOnly;
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onMoveStart={shieldFrom}
      onNodeDragStart={startDrag}
      onNodeDrag={goOnDragging}
      onNodeDragStop={stopDrag}
      onSelectionDragStop={stopSelectionDrag}
      onNodeClick={selectAlone}
      onNodeDoubleClick={inspect}
      onMoveEnd={endMove}
      nodesDraggable={!readOnly}
      nodesConnectable={false}
      connectOnClick={false}
      nodesFocusable
      edgesFocusable
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode={selecting ? null : 'Shift'}
      multiSelectionKeyCode={ADD_TO_SELECTION}
      panActivationKeyCode="Space"
      panOnDrag={selecting ? MIDDLE_BUTTON : true}
      selectionOnDrag={selecting}
      selectionMode={SelectionMode.Partial}
      zoomOnDoubleClick={false}
      nodeDragThreshold={2}
      snapToGrid
      snapGrid={SNAP_GRID}
      minZoom={0.08}
      maxZoom={2.5}
      onlyRenderVisibleElements={nodes.length > CULL_FROM}
      ariaLabelConfig={ARIA_LABELS}
      attributionPosition="top-right"
    >
      <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} className={styles.dots ?? ''} />
      {minimap && nodes.length > 0 && (
        <MiniMap
          className={styles.minimap ?? ''}
          pannable
          zoomable
          nodeBorderRadius={24}
          nodeClassName={minimapClass}
          nodeComponent={MapMark}
          offsetScale={8}
        />
      )}
      <Suspense fallback={null}>
        <GuideLayer />
        <WiringLayer />
      </Suspense>
    </ReactFlow>
  );
}

/** One of several that are selected: a click on it means it alone, unless it is held with a key. */
const selectAlone: NodeMouseHandler<CanvasNode> = (event, { id }) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { nodes, select } = documentStore.getState();
  if (nodes[id]) select([id]);
  else select([], [], [id]);
};

/** The first click of the two has selected the node. */
function inspect(): void {
  runCommand('inspect');
}

/** As the library draws it, but to be found by the node's id. */
function MapMark({ id, x, y, width, height, className, borderRadius, shapeRendering }: MiniMapNodeProps) {
  return (
    <rect
      className={`react-flow__minimap-node ${className}`}
      data-id={id}
      x={x}
      y={y}
      rx={borderRadius}
      ry={borderRadius}
      width={width}
      height={height}
      shapeRendering={shapeRendering}
    />
  );
}

function minimapClass(node: CanvasNode): string {
  return `${node.type} ${node.selected === true ? 'selected' : ''}`;
}

/** Alt lets a node go anywhere. A node without wires that is held over a wire may take its place in it. */
const goOnDragging: OnNodeDrag<CanvasNode> = (event, node, moved) => {
  steerDrag(canvasApi()?.zoom() ?? 1, event.altKey);
  if (isDragDropped()) return;
  if (moved.length !== 1 || node.type !== 'module' || !isLoose(node.id) || !('clientX' in event)) return;
  const box = document
    .querySelector(`.react-flow__node[data-id="${CSS.escape(node.id)}"]`)
    ?.getBoundingClientRect();
  const middle = box ? [[box.left + box.width / 2, box.top + box.height / 2] as const] : [];
  aimInsertion([[event.clientX, event.clientY], ...middle], node.data.moduleId);
};

const startDrag: OnNodeDrag<CanvasNode> = (event, node, moved) => {
  beginHolding();
  const zoom = canvasApi()?.zoom() ?? 1;
  steerDrag(zoom, event.altKey);
  if (pressed && 'clientX' in event)
    takeUp(moved, [(event.clientX - pressed[0]) / zoom, (event.clientY - pressed[1]) / zoom]);
  goOnDragging(event, node, moved);
};

/** Where a button of the mouse was last pressed on the canvas. */
let pressed: Point | null = null;

const shieldFrom: OnMoveStart = (event) => {
  if (event instanceof WheelEvent) shieldFromWheel();
  else if (event instanceof MouseEvent && event.type === 'mousedown') shield(true);
};

/**
 * Lay one element over the canvas while something moves. Else every step of the pointer looks through thousands of
 * nodes and wires for what it is on, which takes longer than to draw them.
 */
function shield(on: boolean): void {
  document.querySelector('[data-canvas]')?.toggleAttribute('data-moving', on);
  if (!on) liftSoon();
}

let wheelShield: HTMLElement | null = null;
let lifting: ReturnType<typeof setTimeout> | undefined;

/**
 * The same under the wheel, which still has to reach the canvas. It is an element of its own because an attribute on
 * the canvas would have the style of everything below it worked out again, for every turn of the wheel.
 */
function shieldFromWheel(): void {
  clearTimeout(lifting);
  if (wheelShield) return;
  wheelShield = document.createElement('div');
  wheelShield.className = styles.wheelShield ?? '';
  document.querySelector('[data-canvas] .react-flow__renderer')?.append(wheelShield);
  addEventListener('pointermove', lift, { once: true });
}

/** A wheel turns in jerks; who stops turning to point at something finds the shield gone at the first move. */
function liftSoon(): void {
  clearTimeout(lifting);
  if (wheelShield) lifting = setTimeout(lift, SHIELD_MS);
}

function lift(): void {
  clearTimeout(lifting);
  wheelShield?.remove();
  wheelShield = null;
  removeEventListener('pointermove', lift);
}

/** From the first step of a drag to its end. Escape gives it up. */
function beginHolding(): void {
  shield(true);
  addEventListener('keydown', dropOnEscape, { capture: true });
}

function endHolding(): void {
  shield(false);
  removeEventListener('keydown', dropOnEscape, { capture: true });
}

function dropOnEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || !dropDrag()) return;
  event.preventDefault();
  event.stopPropagation();
  endInsertion();
  announce('Left where it was.');
}

function stopDrag(_event: unknown, node: CanvasNode, moved: CanvasNode[]): void {
  endHolding();
  const wire = endInsertion();
  const [position] = wire ? endDrag([node.id]).values() : [];
  if (wire && position && insert(node.id, wire, position)) announce('Inserted into the wire.');
  else commitMoves(moved);
}

function insert(nodeId: string, wire: DocumentWire, position: Point): boolean {
  const { nodes, batch, insertIntoWire } = documentStore.getState();
  const node = nodes[nodeId];
  if (!node) return false;
  let fits = false;
  batch(`Insert ${nodeTitle(node, catalogStore.getState().modules)} into a wire`, () => {
    fits = insertIntoWire(nodeId, wire, position);
    if (fits) makeWay(nodeId, wire);
  });
  return fits;
}

function stopSelectionDrag(_event: unknown, moved: CanvasNode[]): void {
  endHolding();
  commitMoves(moved);
}

/** Says what happened to those who can't see it. */
function Announcer() {
  const { text, count } = useAnnouncement();
  return (
    <VisuallyHidden>
      <div role="status" aria-live="polite">
        {/* A trailing space makes the same words new. */}
        {text + (count % 2 === 0 ? '' : '\u00a0')}
      </div>
    </VisuallyHidden>
  );
}
