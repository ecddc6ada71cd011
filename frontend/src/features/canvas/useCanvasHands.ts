import { useReactFlow, useStoreApi } from '@xyflow/react';
import { useEffect, useMemo } from 'react';
import { announce } from '@/lib/announce';
import { canvasApi, registerCanvas, type CanvasApi } from '@/lib/canvas/canvasApi';
import { documentStore } from '@/lib/document/documentStore';
import type { Side } from '@/lib/document/align';
import { carriedBy } from '@/lib/document/annotations';
import { readingOrder } from '@/lib/document/readingOrder';
import { wireId, type Annotation, type DocumentWire, type Point } from '@/lib/document/types';
import { placementStore } from '@/lib/canvas/placement';
import { catalogStore } from '@/lib/modules/catalog';
import { canvasUi } from './canvasUi';
import { around, listenToClipboard } from './clipboard';
import type { CanvasHands, Step } from './commands';
import { drawnBoxes, type CanvasNode, type WireFlowEdge } from './flowStore';
import { aimInsertion, endInsertion, insertModule } from './insertion';
import { NODE_WIDTH } from './sizes';

const FIT = { padding: 0.14, maxZoom: 1 };

/** Where the pointer is, while it is over the canvas: what is pasted goes there. */
let pointer: Point | null = null;

/** What can be done with the canvas on screen: by its own commands, and by other parts of the page. */
export function useCanvasHands(
  container: HTMLElement | null,
  onOpenInspector: ((nodeId: string) => void) | undefined,
): CanvasHands {
  const flow = useReactFlow<CanvasNode, WireFlowEdge>();
  const internals = useStoreApi<CanvasNode, WireFlowEdge>();

  const hands = useMemo(() => {
    const centre = (): Point => {
      const box = container?.getBoundingClientRect();
      return box ? [box.left + box.width / 2, box.top + box.height / 2] : [0, 0];
    };
    const toFlow = ([x, y]: Point): Point => {
      const at = flow.screenToFlowPosition({ x, y });
      return [at.x, at.y];
    };
    const duration = () => (matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 260);
    const fit = (ids?: Iterable<string>) => {
      void flow.fitView({
        ...FIT,
        duration: duration(),
        ...(ids && { nodes: [...ids].map((id) => ({ id })) }),
      });
    };
    return {
      placeFor: (fragment) => around(fragment, toFlow(pointer ?? centre())),
      zoomBy: (factor: number) => void flow.zoomTo(flow.getZoom() * factor, { duration: duration() / 2 }),
      zoomTo: (zoom: number) => void flow.zoomTo(zoom, { duration: duration() }),
      fit: () => fit(),
      fitSelection: () => fit(documentStore.getState().selection),
      tidy: () => arranging((arrange) => arrange.tidy(() => setTimeout(fit, duration() + 20))),
      quickAddAtCentre: () => {
        const { selection, selectedWires, wires } = documentStore.getState();
        const wire =
          selection.size > 0 || selectedWires.size !== 1
            ? undefined
            : wires.find((one) => selectedWires.has(wireId(one)));
        const request = { client: centreAbove(centre()) };
        canvasUi.setState({ quickAdd: wire ? { ...request, wire } : request });
      },
      annotate: (kind: Annotation['kind']) =>
        arranging((arrange) => arrange.annotate(kind, toFlow(pointer ?? centre()))),
      align: (side: Side) => arranging((arrange) => arrange.align(side)),
      distribute: (axis: 0 | 1) => arranging((arrange) => arrange.distribute(axis)),
      growAnnotation: (dx: number, dy: number) => arranging((arrange) => arrange.growAnnotations(dx, dy)),
      joinSelected: () => arranging((arrange) => arrange.joinSelected()),
      nudge: (dx: number, dy: number) => {
        const { annotations, selection, selectedAnnotations, nudge } = documentStore.getState();
        const moved = [...selection, ...selectedAnnotations];
        nudge(dx, dy, selectedAnnotations.size > 0 ? carriedBy(moved, annotations, drawnBoxes()) : []);
      },
      step: (towards: Step) => {
        const next = nodeBeside(focusedNode(), towards);
        if (next !== undefined) canvasApi()?.reveal(next, { focus: true });
        return next !== undefined;
      },
      openInspector: () => {
        const [only] = documentStore.getState().selection;
        if (only !== undefined) onOpenInspector?.(only);
      },
      centre,
      toFlow,
      duration,
    } satisfies CanvasHands & Record<string, unknown>;
  }, [container, flow, onOpenInspector]);

  useEffect(() => {
    // By place and not by what is on top: a palette row's help may still float over the canvas.
    const covers = ([x, y]: Point) => {
      const area = container?.getBoundingClientRect();
      return area !== undefined && x > area.left && x < area.right && y > area.top && y < area.bottom;
    };
    const add = (moduleId: string, client: Point, wire?: DocumentWire | null) => {
      const [x, y] = hands.toFlow(client);
      const title = catalogStore.getState().modules.get(moduleId)?.title ?? moduleId;
      const place: Point = [x - NODE_WIDTH / 2, y - 24];
      const id = wire
        ? insertModule(moduleId, place, wire)
        : documentStore.getState().addNode(moduleId, freePlace(place));
      announce(wire ? `${title} inserted into the wire.` : `${title} added.`);
      return id;
    };
    const api: CanvasApi = {
      covers,
      addAtPointer: (moduleId, client) => {
        const wire = endInsertion();
        if (!covers(client) || canvasUi.getState().readOnly) return false;
        focusNode(add(moduleId, client, wire), 30);
        return true;
      },
      addAtCentre: (moduleId) => add(moduleId, hands.centre()),
      fit: hands.fit,
      tidy: hands.tidy,
      zoom: () => flow.getZoom(),
      reveal: (nodeId, { focus = false, select = true } = {}) => {
        const node = documentStore.getState().nodes[nodeId];
        if (!node) return;
        if (select) documentStore.getState().select([nodeId]);
        const { width, height, transform } = internals.getState();
        const size = flow.getInternalNode(nodeId)?.measured;
        const middle: Point = [
          node.position[0] + (size?.width ?? NODE_WIDTH) / 2,
          node.position[1] + (size?.height ?? 64) / 2,
        ];
        const zoom = Math.max(transform[2], 0.4);
        const x = middle[0] * transform[2] + transform[0];
        const y = middle[1] * transform[2] + transform[1];
        const inView = x > 130 && x < width - 130 && y > 50 && y < height - 70 && zoom === transform[2];
        if (!inView) void flow.setCenter(middle[0], middle[1], { zoom, duration: hands.duration() });
        if (focus) focusNode(nodeId, 30);
      },
    };
    const leave = registerCanvas(api);
    // What comes from the palette may be let go over a wire.
    const stop = placementStore.subscribe(({ placing }) => {
      if (placing?.overCanvas && !canvasUi.getState().readOnly)
        aimInsertion([placing.client], placing.moduleId);
      else if (placing) endInsertion();
    });
    return () => {
      leave();
      stop();
    };
  }, [container, flow, hands, internals]);

  useEffect(() => listenToClipboard(hands.placeFor), [hands]);

  useEffect(() => {
    if (!container) return;
    const follow = (event: PointerEvent) => {
      pointer = [event.clientX, event.clientY];
    };
    const leave = () => {
      pointer = null;
    };
    container.addEventListener('pointermove', follow);
    container.addEventListener('pointerleave', leave);
    return () => {
      container.removeEventListener('pointermove', follow);
      container.removeEventListener('pointerleave', leave);
    };
  }, [container]);

  return hands;
}

const loadArrange = () => import('./arrange');

type Arrange = Awaited<ReturnType<typeof loadArrange>>;

function arranging(action: (arrange: Arrange) => void | Promise<void>): void {
  void loadArrange().then(action);
}

/** What the first command needs is on the page before it is asked for: keys pressed meanwhile would go astray. */
export function preloadHands(): void {
  void loadArrange();
  void import('./AnnotationNode');
}

/** The node that has the focus, else the one that is selected. */
function focusedNode(): string | undefined {
  const { nodes, selection } = documentStore.getState();
  const element = document.activeElement?.closest<HTMLElement>('.react-flow__node');
  const id = element?.dataset.id;
  if (id !== undefined && nodes[id]) return id;
  const [first] = selection;
  return first;
}

/** Where a step from a node leads: along a wire, or to the neighbour in reading order. */
function nodeBeside(id: string | undefined, towards: Step): string | undefined {
  const { wires, order } = documentStore.getState();
  const sorted = readingOrder({ order, wires });
  if (id === undefined) return sorted[0];
  const at = sorted.indexOf(id);
  switch (towards) {
    case 'downstream':
      return wires.find((wire) => wire.from[0] === id)?.to[0];
    case 'upstream':
      return wires.find((wire) => wire.to[0] === id)?.from[0];
    case 'next':
      return sorted[at + 1];
    case 'previous':
      return at > 0 ? sorted[at - 1] : undefined;
  }
}

/** A place near `at` that no node's corner has, so that nodes added one after the other don't hide each other. */
function freePlace(at: Point): Point {
  const taken = Object.values(documentStore.getState().nodes).map((node) => node.position);
  let [x, y] = at;
  while (taken.some((corner) => Math.abs(corner[0] - x) < 12 && Math.abs(corner[1] - y) < 12)) {
    x += 28;
    y += 28;
  }
  return [x, y];
}

function centreAbove([x, y]: Point): Point {
  return [x - 150, y - 160];
}

/** The node may still be on its way into view. */
function focusNode(nodeId: string, frames: number): void {
  const element = document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(nodeId)}"]`);
  element?.focus({ preventScroll: true });
  // Until it is measured it is hidden, and what is hidden takes no focus.
  const isThere = element !== null && document.activeElement === element;
  if (!isThere && frames > 0) requestAnimationFrame(() => focusNode(nodeId, frames - 1));
}
