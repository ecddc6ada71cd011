/** The pipeline document as it travels (JSON, see the published schema), read-only: every edit makes new objects. */

export type ParameterValue = boolean | number | string | null;

export type Point = readonly [x: number, y: number];

/** One end of a wire: a node's id and a port's id. */
export type PortRef = readonly [node: string, port: string];

export type PortSide = 'input' | 'output';

export interface Resources {
  readonly node_count: number;
  readonly process_count_per_node: number;
  readonly timeout_seconds?: number | null;
}

export interface DocumentNode {
  readonly id: string;
  readonly module: string;
  readonly version: number;
  readonly label: string;
  readonly comment: string;
  /** Only those that differ from the module's default. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** None: the pipeline's default target. */
  readonly compute_target: string | null;
  readonly resources: Resources;
  readonly regenerate_output: boolean;
  readonly position: Point;
}

export interface DocumentWire {
  readonly from: PortRef;
  readonly to: PortRef;
}

export const ANNOTATION_COLORS = ['grey', 'orange', 'yellow', 'green', 'blue', 'purple'] as const;

export type AnnotationColor = (typeof ANNOTATION_COLORS)[number];

/** Something on the canvas for people alone: a note, or a titled section around nodes. */
export interface Annotation {
  readonly id: string;
  readonly kind: 'note' | 'section';
  /** The note, or the section's title. */
  readonly text: string;
  readonly position: Point;
  /** Width and height. */
  readonly size: Point;
  readonly color: AnnotationColor;
}

export interface PipelineDocument {
  readonly format: 'torchwire/pipeline';
  readonly version: 1;
  readonly name: string;
  readonly description: string;
  readonly default_compute_target: string;
  readonly nodes: readonly DocumentNode[];
  readonly wires: readonly DocumentWire[];
  /** Absent in documents written by hand. */
  readonly annotations?: readonly Annotation[];
}

/** What undo covers: everything that is saved with the pipeline. */
export interface DocumentContent {
  readonly name: string;
  readonly description: string;
  readonly defaultComputeTarget: string;
  readonly nodes: Readonly<Record<string, DocumentNode>>;
  /** Node ids in the order in which they were added; the order of the saved document. */
  readonly order: readonly string[];
  readonly wires: readonly DocumentWire[];
  /** In the order in which they were added: later ones lie above earlier ones. */
  readonly annotations: readonly Annotation[];
}

/** The part of the document that wiring looks at. */
export type Graph = Pick<DocumentContent, 'nodes' | 'wires'>;

export function wireId(wire: DocumentWire): string {
  return `${wire.from[0]}:${wire.from[1]}->${wire.to[0]}:${wire.to[1]}`;
}

export function samePort(a: PortRef, b: PortRef): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** `node:input:port`, the name of a port on the page (`data-port`). */
export function portKey(ref: PortRef, side: PortSide): string {
  return `${ref[0]}:${side}:${ref[1]}`;
}
