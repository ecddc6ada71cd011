/** Top-down layout of a pipeline: what feeds a node lies above it. */

import dagre from '@dagrejs/dagre';
import type { ModuleMap } from '../modules/catalog';
import type { DocumentContent, DocumentWire, Point, PortRef, PortSide } from './types';
import { untangle, type Segment } from './untangle';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The nodes of each section; a node belongs to one at most. */
export type Sections = ReadonlyMap<string, ReadonlySet<string>>;

const FALLBACK: Size = { width: 272, height: 64 };
const NODE_GAP = 40;
const RANK_GAP = 56;

/** A new top-left corner for every node of `ids` (all by default), keeping the drawing's own top-left corner. */
export function layoutPositions(
  content: Pick<DocumentContent, 'nodes' | 'order' | 'wires'>,
  sizes: ReadonlyMap<string, Size>,
  modules: ModuleMap = new Map(),
  ids: ReadonlySet<string> = new Set(content.order),
  sections: Sections = new Map(),
): Map<string, Point> {
  const graph = new dagre.graphlib.Graph({ multigraph: true, compound: sections.size > 0 });
  graph.setGraph({
    rankdir: 'TB',
    nodesep: NODE_GAP,
    ranksep: RANK_GAP,
    edgesep: 24,
    ranker: 'network-simplex',
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const chosen = content.order.filter((id) => ids.has(id) && content.nodes[id] !== undefined);
  for (const id of chosen) graph.setNode(id, { ...(sizes.get(id) ?? FALLBACK) });
  for (const [section, members] of sections) {
    const own = chosen.filter((id) => members.has(id));
    if (own.length > 0) graph.setNode(section, {});
    for (const id of own) graph.setParent(id, section);
  }
  content.wires.forEach((wire, index) => {
    const [from, to] = [wire.from[0], wire.to[0]];
    if (ids.has(from) && ids.has(to)) graph.setEdge(from, to, { weight: 1 }, String(index));
  });
  dagre.layout(graph);
  const placed = chosen.map((id) => ({
    id,
    ...(graph.node(id) as { x: number; y: number; width: number; height: number }),
  }));
  const segments = content.wires
    .filter((wire) => ids.has(wire.from[0]) && ids.has(wire.to[0]))
    .map((wire) => segmentOf(wire, content.nodes, modules, sizes));
  // What belongs to a section stays together; moving single nodes could tear it apart.
  const columns = untangle(placed, sections.size > 0 ? [] : segments);
  const corners = new Map<string, Point>();
  for (const { id, x, y, width, height } of placed) {
    corners.set(id, [(columns.get(id) ?? x) - width / 2, y - height / 2]);
  }
  return movedTo(corners, topLeft(chosen.map((id) => content.nodes[id]?.position ?? [0, 0])));
}

/** A wire with the places of its ends on their nodes: ports lie evenly spread along a node's edge. */
function segmentOf(
  wire: DocumentWire,
  nodes: DocumentContent['nodes'],
  modules: ModuleMap,
  sizes: ReadonlyMap<string, Size>,
): Segment {
  const shift = ([nodeId, portId]: PortRef, side: PortSide) => {
    const spec = modules.get(nodes[nodeId]?.module ?? '');
    const ports: readonly { id: string }[] = (side === 'input' ? spec?.inputs : spec?.outputs) ?? [];
    const at = ports.findIndex((port) => port.id === portId);
    const { width } = sizes.get(nodeId) ?? FALLBACK;
    return at === -1 ? 0 : width * ((at + 0.5) / ports.length - 0.5);
  };
  return {
    from: wire.from[0],
    to: wire.to[0],
    fromShift: shift(wire.from, 'output'),
    toShift: shift(wire.to, 'input'),
  };
}

function topLeft(points: readonly Point[]): Point {
  if (points.length === 0) return [0, 0];
  return [Math.min(...points.map((point) => point[0])), Math.min(...points.map((point) => point[1]))];
}

function movedTo(corners: Map<string, Point>, [left, top]: Point): Map<string, Point> {
  const [x, y] = topLeft([...corners.values()]);
  return new Map(
    [...corners].map(([id, corner]): [string, Point] => [
      id,
      [Math.round(corner[0] - x + left), Math.round(corner[1] - y + top)],
    ]),
  );
}
