import {
  Background,
  BackgroundVariant,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  type EdgeTypes,
  type NodeTypes,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useEffect, useMemo, useState } from 'react';
import { ContextMenu } from '@/components/ui/Menu';
import { VisuallyHidden } from '@/components/ui/VisuallyHidden';
import { useAnnouncement } from '@/lib/announce';
import { runCommand, useCommands, useShortcuts } from '@/lib/commands';
import styles from './Canvas.module.css';
import { CanvasControls } from './CanvasControls';
import { choosePlace, menuEntries, type MenuPlace } from './canvasMenu';
import { canvasUi, useCanvasUi } from './canvasUi';
import { EmptyCanvas } from './EmptyCanvas';
import { FindNode } from './FindNode';
import {
  commitMoves,
  followDocument,
  onEdgesChange,
  onNodesChange,
  useFlow,
  type ModuleFlowNode,
} from './flowStore';
import { HintLayer } from './HintLayer';
import { ModuleNode } from './ModuleNode';
import { QuickAdd } from './QuickAdd';
import { SlotsContext, type CanvasSlots } from './slots';
import { useCanvasHands } from './useCanvasHands';
import { useCanvasKeys } from './useCanvasKeys';
import { useFirstLook } from './useFirstLook';
import { canvasCommands } from './commands';
import { WireEdge } from './WireEdge';
import { useWiring } from './wiring';
import { WiringLayer } from './WiringLayer';

interface CanvasProps {
  /** What other features draw on the nodes. Keep its identity. */
  readonly slots: CanvasSlots;
  readonly onOpenInspector?: (nodeId: string) => void;
  /** Offered on an empty canvas. */
  readonly onOpenSample?: () => void;
  /** Look and select, but change nothing. */
  readonly readOnly?: boolean;
}

const nodeTypes: NodeTypes = { module: ModuleNode };
const edgeTypes: EdgeTypes = { wire: WireEdge };

/** From this many nodes on, only what is in view is drawn. */
const CULL_FROM = 150;
const MIDDLE_BUTTON = [1];
const ADD_TO_SELECTION = ['Meta', 'Control', 'Shift'];
const GRID: [number, number] = [4, 4];
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
    canvasUi.setState({ readOnly });
  }, [readOnly]);

  const hands = useCanvasHands(container, onOpenInspector);
  useCommands(useMemo(() => canvasCommands(hands), [hands]));
  useShortcuts();
  useCanvasKeys(hands);

  const [place, setPlace] = useState<MenuPlace>({ kind: 'canvas' });
  const wiring = useWiring((state) => state.wiring !== null);
  return (
    <ContextMenu entries={menuEntries(place, readOnly)}>
      <section
        ref={setContainer}
        className={styles.canvas}
        aria-label="Canvas"
        data-canvas
        data-wiring={wiring || undefined}
        data-readonly={readOnly || undefined}
        onContextMenuCapture={(event) => setPlace(choosePlace(event.target))}
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
        <EmptyCanvas onOpenSample={onOpenSample} />
        <CanvasControls />
        <QuickAdd />
        <FindNode />
        <HintLayer container={container} />
        <Announcer />
      </section>
    </ContextMenu>
  );
}

/** The part that is drawn anew while something moves; everything around it stays. */
function Flow({ readOnly }: { readOnly: boolean }) {
  const nodes = useFlow((state) => state.nodes);
  const edges = useFlow((state) => state.edges);
  const tool = useCanvasUi((state) => state.tool);
  const minimap = useCanvasUi((state) => state.minimap);
  const remember = useFirstLook();
  const selecting = tool === 'select' && !readOnly;
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onNodeDragStop={stopDrag}
      onSelectionDragStop={stopSelectionDrag}
      onNodeDoubleClick={inspect}
      onMoveEnd={remember}
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
      snapGrid={GRID}
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
          offsetScale={8}
        />
      )}
      <WiringLayer />
    </ReactFlow>
  );
}

/** The first click of the two has selected the node. */
function inspect(): void {
  runCommand('inspect');
}

function minimapClass(node: ModuleFlowNode): string {
  return node.selected === true ? 'selected' : '';
}

function stopDrag(_event: unknown, _node: ModuleFlowNode, moved: ModuleFlowNode[]): void {
  commitMoves(moved);
}

function stopSelectionDrag(_event: unknown, moved: ModuleFlowNode[]): void {
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
