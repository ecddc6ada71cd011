import { useReactFlow, useStoreApi } from '@xyflow/react';
import { useEffect, useMemo } from 'react';
import { announce } from '@/lib/announce';
import { registerCanvas, type CanvasApi } from '@/lib/canvas/canvasApi';
import { documentStore } from '@/lib/document/documentStore';
import type { Size } from '@/lib/document/layout';
import type { Point } from '@/lib/document/types';
import { catalogStore } from '@/lib/modules/catalog';
import { canvasUi } from './canvasUi';
import { around, listenToClipboard } from './clipboard';
import type { CanvasHands } from './commands';
import { flowStore, type ModuleFlowNode, type WireFlowEdge } from './flowStore';
import { NODE_WIDTH } from './sizes';

const FIT = { padding: 0.14, maxZoom: 1 };
/** A node that learns shows its curves below its name; leave them room. */
const ROOM_FOR_CURVES = 190;

/** Where the pointer is, while it is over the canvas: what is pasted goes there. */
let pointer: Point | null = null;

/** What can be done with the canvas on screen: by its own commands, and by other parts of the page. */
export function useCanvasHands(
  container: HTMLElement | null,
  onOpenInspector: ((nodeId: string) => void) | undefined,
): CanvasHands {
  const flow = useReactFlow<ModuleFlowNode, WireFlowEdge>();
  const internals = useStoreApi<ModuleFlowNode, WireFlowEdge>();

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
      tidy: () => void tidy(() => setTimeout(fit, duration() + 20)),
      quickAddAtCentre: () => canvasUi.setState({ quickAdd: { client: centreAbove(centre()) } }),
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
    const add = (moduleId: string, client: Point) => {
      const [x, y] = hands.toFlow(client);
      const title = catalogStore.getState().modules.get(moduleId)?.title ?? moduleId;
      const id = documentStore.getState().addNode(moduleId, freePlace([x - NODE_WIDTH / 2, y - 24]));
      announce(`${title} added.`);
      return id;
    };
    const api: CanvasApi = {
      covers,
      addAtPointer: (moduleId, client) => {
        if (!covers(client) || canvasUi.getState().readOnly) return false;
        focusNode(add(moduleId, client), 30);
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
    return registerCanvas(api);
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

/** Lay out the selection when it holds several nodes, else everything. */
async function tidy(done: () => void): Promise<void> {
  const { layoutPositions } = await import('@/lib/document/layout');
  const state = documentStore.getState();
  const { modules } = catalogStore.getState();
  const sizes = new Map(
    flowStore.getState().nodes.flatMap((node): [string, Size][] => {
      const { width, height } = node.measured ?? {};
      if (width === undefined || height === undefined) return [];
      const learns = modules.get(node.data.moduleId)?.distributed === true;
      return [[node.id, { width, height: learns ? Math.max(height, ROOM_FOR_CURVES) : height }]];
    }),
  );
  const several = state.selection.size > 1;
  state.applyLayout(layoutPositions(state, sizes, modules, several ? state.selection : undefined));
  announce('Layout tidied.');
  if (!several) done();
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
  if (element) element.focus({ preventScroll: true });
  else if (frames > 0) requestAnimationFrame(() => focusNode(nodeId, frames - 1));
}
