/** A run as the server describes it, and the few words about it that everything here shares. */

import type {
  ErrorRecord,
  MetricPoint,
  NodeStatus,
  Run,
  RunEvent,
  RunStatus,
} from '@/services/types.generated';

export type {
  NodeRun,
  NodeStatus,
  Progress,
  Run,
  RunEvent,
  RunStatus,
  RunSummary,
} from '@/services/types.generated';
export type RunError = ErrorRecord;
export type NodeMetric = MetricPoint;
export type RunDocument = Run['document'];
export type LogLine = Extract<RunEvent, { type: 'node.log' }>['lines'][number];

export function isOver(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

export function isNodeOver(status: NodeStatus): boolean {
  return status !== 'pending' && status !== 'queued' && status !== 'running';
}
