/** A run as the server describes it: the snapshot of `GET runs/{id}` and the numbered events that move it on. */

export type RunStatus = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
export type NodeStatusName =
  'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'skipped';

export interface RunError {
  code?: string;
  name?: string;
  message: string;
  hint?: string | null;
  node?: string | null;
  port?: string | null;
  parameter?: string | null;
  traceback?: string | null;
}

export interface NodeProgress {
  done: number;
  total: number | null;
  unit?: string | null;
  message?: string | null;
  seconds_left?: number | null;
}

export interface NodeMetric {
  axis: string;
  step: number;
  values: Record<string, number | null>;
}

export interface NodeOutput {
  type: string;
  digest: string;
  size: number;
  files: number;
}

export interface NodeRun {
  status: NodeStatusName;
  reused: boolean;
  seconds: number | null;
  seconds_saved: number | null;
  attempt: number;
  target: string | null;
  started: number | null;
  finished: number | null;
  progress: NodeProgress | null;
  metrics: readonly NodeMetric[];
  outputs: Readonly<Record<string, NodeOutput>>;
  error: RunError | null;
  skipped_because: string | null;
  why: string | null;
}

export interface RunDocumentNode {
  id: string;
  module: string;
  version?: number;
  label?: string;
  comment?: string;
  parameters?: Record<string, unknown>;
  compute_target?: string | null;
  position?: readonly number[];
}

export interface RunDocument {
  format: string;
  version: number;
  name: string;
  nodes: readonly RunDocumentNode[];
  wires: readonly { from: readonly string[]; to: readonly string[] }[];
}

/** What a row of the run list holds. */
export interface RunSummary {
  id: string;
  name: string;
  pipeline_id: string | null;
  status: RunStatus;
  created: number;
  started: number | null;
  finished: number | null;
  seconds: number | null;
  error: RunError | null;
  seq: number;
  node_counts?: Readonly<Record<string, number>>;
  summary?: Readonly<Record<string, number | string | null>>;
}

export interface Run extends RunSummary {
  document: RunDocument;
  nodes: Readonly<Record<string, NodeRun>>;
}

export type LogLine = readonly [time: number, stream: string, text: string];

interface EventBase {
  run_id: string;
  seq: number;
  time: number;
}

interface NodeEventBase extends EventBase {
  node: string;
}

export type RunEvent =
  | (EventBase & { type: 'run.queued'; name?: string })
  | (EventBase & { type: 'run.started' })
  | (EventBase & {
      type: 'run.finished';
      status: RunStatus;
      seconds?: number | null;
      error?: RunError | null;
    })
  | (NodeEventBase & { type: 'node.queued' })
  | (NodeEventBase & {
      type: 'node.started';
      attempt?: number;
      target?: string | null;
      why?: string | null;
    })
  | (NodeEventBase & { type: 'node.progress' } & NodeProgress)
  | (NodeEventBase & { type: 'node.metric' } & NodeMetric)
  | (NodeEventBase & { type: 'node.log'; lines: readonly LogLine[] })
  | (NodeEventBase & {
      type: 'node.output';
      port: string;
      output_type: string;
      digest: string;
      size: number;
      files: number;
    })
  | (NodeEventBase & { type: 'node.finished'; seconds?: number | null })
  | (NodeEventBase & {
      type: 'node.reused';
      seconds_saved?: number | null;
      from_run?: string | null;
    })
  | (NodeEventBase & { type: 'node.failed'; error: RunError; seconds?: number | null })
  | (NodeEventBase & { type: 'node.cancelled'; seconds?: number | null })
  | (NodeEventBase & { type: 'node.skipped'; because?: string | null });

export function isOver(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

export function isNodeOver(status: NodeStatusName): boolean {
  return status !== 'pending' && status !== 'queued' && status !== 'running';
}
