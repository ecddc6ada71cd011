/** Dropping a module, or a node that has no wires yet, on a wire: it takes its place in the middle. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { documentStore } from '@/lib/document/documentStore';
import { makeRoom } from '@/lib/document/makeRoom';
import { spliceFor } from '@/lib/document/splice';
import { wireId, type DocumentWire, type Point } from '@/lib/document/types';
import { catalogStore } from '@/lib/modules/catalog';
import { drawnBoxes } from './flowStore';
import { NODE_HEIGHT, NODE_WIDTH } from './sizes';

/** The wire that would be led through what is being dragged. */
const insertionStore = createStore<{ readonly wire: DocumentWire | null }>()(() => ({ wire: null }));

export function useIsInsertedInto(id: string): boolean {
  return useStore(insertionStore, ({ wire }) => wire !== null && wireId(wire) === id);
}

/** The first wire at these places of the window that a module fits into. */
export function wireUnder(places: readonly Point[], moduleId: string): DocumentWire | null {
  const state = documentStore.getState();
  const { modules } = catalogStore.getState();
  const spec = modules.get(moduleId);
  if (!spec || spec.inputs.length === 0 || spec.outputs.length === 0) return null;
  for (const [x, y] of places) {
    for (const element of document.elementsFromPoint(x, y)) {
      const id = element.closest<SVGElement>('.react-flow__edge')?.dataset.id;
      const wire = id === undefined ? undefined : state.wires.find((one) => wireId(one) === id);
      if (wire && spliceFor(state, modules, wire, spec)) return wire;
    }
  }
  return null;
}

/** Show which wire would take a module that is dragged to these places; returns it. */
export function aimInsertion(places: readonly Point[], moduleId: string): DocumentWire | null {
  const wire = wireUnder(places, moduleId);
  if (wire !== insertionStore.getState().wire) insertionStore.setState({ wire });
  return wire;
}

export function endInsertion(): DocumentWire | null {
  const { wire } = insertionStore.getState();
  if (wire) insertionStore.setState({ wire: null });
  return wire;
}

/** Add a module in the middle of a wire. */
export function insertModule(moduleId: string, place: Point, wire: DocumentWire): string {
  const { addNode, batch } = documentStore.getState();
  let id = '';
  batch(`Insert ${catalogStore.getState().modules.get(moduleId)?.title ?? moduleId}`, () => {
    id = addNode(moduleId, place, { onWire: wire });
    makeWay(id, wire);
  });
  return id;
}

/** Have the nodes around make way for one that was put into a wire. To be done within the step that puts it there. */
export function makeWay(nodeId: string, { from, to }: DocumentWire): void {
  const { nodes, moveNodes } = documentStore.getState();
  const position = nodes[nodeId]?.position;
  if (!position) return;
  const boxes = drawnBoxes();
  const size = boxes.get(nodeId)?.size ?? [NODE_WIDTH, NODE_HEIGHT];
  moveNodes(makeRoom(new Map(boxes).set(nodeId, { position, size }), nodeId, { from: from[0], to: to[0] }));
}

/** Whether a node may be put into a wire by dragging: only one that is not part of the graph yet. */
export function isLoose(nodeId: string): boolean {
  return documentStore.getState().wires.every((wire) => wire.from[0] !== nodeId && wire.to[0] !== nodeId);
}
