/** Top-down layout of a pipeline: what feeds a node lies above it. */

import dagre from '@dagrejs/dagre';
import type { DocumentContent, Point } from './types';

export interface Size {
  readonly width: number;
  readonly height: number;
}

const FALLBACK: Size = { width: 240, height: 64 };
const NODE_GAP = 40;
const RANK_GAP = 56;

/** A new top-left corner for every node of `ids` (all by default), keeping the drawing's own top-left corner. */
export function layoutPositions(
  content: Pick<DocumentContent, 'nodes' | 'order' | 'wires'>,
  sizes: ReadonlyMap<string, Size>,
  ids: ReadonlySet<string> = new Set(content.order),
): Map<string, Point> {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
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
  content.wires.forEach((wire, index) => {
    const [from, to] = [wire.from[0], wire.to[0]];
    if (ids.has(from) && ids.has(to)) graph.setEdge(from, to, { weight: 1 }, String(index));
  });
  dagre.layout(graph);
  const corners = new Map<string, Point>();
  for (const id of chosen) {
    const { x, y, width, height } = graph.node(id) as { x: number; y: number; width: number; height: number };
    corners.set(id, [x - width / 2, y - height / 2]);
  }
  return movedTo(corners, topLeft(chosen.map((id) => content.nodes[id]?.position ?? [0, 0])));
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
