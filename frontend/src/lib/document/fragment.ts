/** A piece of a pipeline as it travels over the clipboard: JSON text, so that it works across tabs and programs. */

import {
  ANNOTATION_COLORS,
  type Annotation,
  type DocumentContent,
  type DocumentNode,
  type DocumentWire,
  type ParameterValue,
  type Point,
  type PortRef,
} from './types';

export const FRAGMENT_FORMAT = 'torchwire/fragment';

export interface Fragment {
  readonly nodes: readonly DocumentNode[];
  readonly wires: readonly DocumentWire[];
  readonly annotations: readonly Annotation[];
}

/** What has a place on the canvas. */
type Placed = Pick<Annotation, 'position'>;

/** The nodes and annotations with these ids and the wires between them, or null when there are none. */
export function cutOut(content: DocumentContent, ids: ReadonlySet<string>): Fragment | null {
  const nodes = content.order.flatMap((id) => (ids.has(id) ? (content.nodes[id] ?? []) : []));
  const wires = content.wires.filter((wire) => ids.has(wire.from[0]) && ids.has(wire.to[0]));
  const annotations = content.annotations.filter((annotation) => ids.has(annotation.id));
  return nodes.length + annotations.length > 0 ? { nodes, wires, annotations } : null;
}

/** Everything in a fragment that has a place. */
export function placedIn(fragment: Fragment): Placed[] {
  return [...fragment.nodes, ...fragment.annotations];
}

export function fragmentToText(fragment: Fragment): string {
  return JSON.stringify({ format: FRAGMENT_FORMAT, version: 1, ...fragment }, null, 1);
}

/** Read what `fragmentToText` wrote, or a whole pipeline document. Null for any other text. */
export function textToFragment(text: string): Fragment | null {
  if (!text.trimStart().startsWith('{')) return null;
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(data) || (data.format !== FRAGMENT_FORMAT && data.format !== 'torchwire/pipeline'))
    return null;
  const nodes = (Array.isArray(data.nodes) ? data.nodes : []).flatMap((node) => readNode(node) ?? []);
  const ids = new Set(nodes.map((node) => node.id));
  const wires = (Array.isArray(data.wires) ? data.wires : [])
    .flatMap((wire) => readWire(wire) ?? [])
    .filter((wire) => ids.has(wire.from[0]) && ids.has(wire.to[0]));
  const annotations = readAnnotations(data.annotations);
  return nodes.length + annotations.length > 0 ? { nodes, wires, annotations } : null;
}

/** The smallest box around top-left corners. */
export function boundsOf(nodes: readonly Placed[]): {
  x: number;
  y: number;
  width: number;
  height: number;
} {
  const xs = nodes.map((node) => node.position[0]);
  const ys = nodes.map((node) => node.position[1]);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** The fragment with ids that `freshId` gives, moved so that its top-left corner lies at `at`. */
export function renamed(fragment: Fragment, freshId: (moduleId: string) => string, at: Point): Fragment {
  const { x, y } = boundsOf(placedIn(fragment));
  const names = new Map<string, string>();
  const moved = ({ position }: Placed): Point => [
    Math.round(position[0] - x + at[0]),
    Math.round(position[1] - y + at[1]),
  ];
  const nodes = fragment.nodes.map((node) => {
    const id = freshId(node.module);
    names.set(node.id, id);
    return { ...node, id, position: moved(node) };
  });
  const rename = ([node, port]: PortRef): PortRef => [names.get(node) ?? node, port];
  return {
    nodes,
    wires: fragment.wires.map((wire) => ({ from: rename(wire.from), to: rename(wire.to) })),
    annotations: fragment.annotations.map((annotation) => ({
      ...annotation,
      id: freshId(annotation.kind),
      position: moved(annotation),
    })),
  };
}

/** The annotations in JSON from elsewhere; what is none is left out. */
export function readAnnotations(data: unknown): Annotation[] {
  return (Array.isArray(data) ? data : []).flatMap((item) => readAnnotation(item) ?? []);
}

function readNode(data: unknown): DocumentNode | null {
  if (!isRecord(data) || typeof data.id !== 'string' || typeof data.module !== 'string') return null;
  return {
    id: data.id,
    module: data.module,
    version: typeof data.version === 'number' ? data.version : 1,
    label: typeof data.label === 'string' ? data.label : '',
    comment: typeof data.comment === 'string' ? data.comment : '',
    parameters: isRecord(data.parameters) ? readParameters(data.parameters) : {},
    compute_target: typeof data.compute_target === 'string' ? data.compute_target : null,
    resources: readResources(data.resources),
    regenerate_output: data.regenerate_output === true,
    position: readPair(data.position, isFiniteNumber) ?? [0, 0],
  };
}

function readAnnotation(data: unknown): Annotation | null {
  if (!isRecord(data) || typeof data.id !== 'string') return null;
  if (data.kind !== 'note' && data.kind !== 'section') return null;
  return {
    id: data.id,
    kind: data.kind,
    text: typeof data.text === 'string' ? data.text : '',
    position: readPair(data.position, isFiniteNumber) ?? [0, 0],
    size: readPair(data.size, isFiniteNumber) ?? [240, 120],
    color: ANNOTATION_COLORS.find((color) => color === data.color) ?? 'grey',
  };
}

function readWire(data: unknown): DocumentWire | null {
  if (!isRecord(data)) return null;
  const from = readPair(data.from, isText);
  const to = readPair(data.to, isText);
  return from && to ? { from, to } : null;
}

function readParameters(data: Record<string, unknown>): Record<string, ParameterValue> {
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, ParameterValue] => isScalar(entry[1])),
  );
}

function readResources(data: unknown): DocumentNode['resources'] {
  const count = (value: unknown) => (typeof value === 'number' && value >= 1 ? Math.floor(value) : 1);
  if (!isRecord(data)) return { node_count: 1, process_count_per_node: 1 };
  const counts = {
    node_count: count(data.node_count),
    process_count_per_node: count(data.process_count_per_node),
  };
  const limit = data.timeout_seconds;
  return isFiniteNumber(limit) && limit > 0 ? { ...counts, timeout_seconds: limit } : counts;
}

function readPair<T>(data: unknown, accepts: (value: unknown) => value is T): readonly [T, T] | null {
  if (!Array.isArray(data)) return null;
  const [first, second]: unknown[] = data;
  return data.length === 2 && accepts(first) && accepts(second) ? [first, second] : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isScalar(value: unknown): value is ParameterValue {
  return value === null || ['boolean', 'number', 'string'].includes(typeof value);
}
