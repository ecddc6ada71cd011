import { UNTOUCHED } from './applyEvent';
import type { NodeRun, Run, RunEvent } from './types';

/** Small runs for tests. */
export function nodeRun(changes: Partial<NodeRun> = {}): NodeRun {
  return { ...UNTOUCHED, ...changes };
}

export function runOf(nodes: Record<string, Partial<NodeRun>>, changes: Partial<Run> = {}): Run {
  return {
    id: 'run',
    name: 'A run',
    pipeline_id: null,
    status: 'running',
    created: 100,
    started: 100,
    finished: null,
    seconds: null,
    error: null,
    cancel_requested: false,
    pinned: false,
    asked_for: null,
    seq: 0,
    document: {
      format: 'torchwire/pipeline',
      version: 1,
      name: 'A run',
      description: '',
      default_compute_target: 'local-cpu',
      nodes: Object.keys(nodes).map(nodeOf),
      wires: [],
      annotations: [],
    },
    nodes: Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, nodeRun(node)])),
    ...changes,
  };
}

function nodeOf(id: string): Run['document']['nodes'][number] {
  return {
    id,
    module: 'identity',
    version: 1,
    label: '',
    comment: '',
    parameters: {},
    compute_target: null,
    resources: { node_count: 1, process_count_per_node: 1, timeout_seconds: null },
    regenerate_output: false,
    position: [0, 0],
  };
}

type Loose<T> = T extends RunEvent ? Omit<T, 'run_id' | 'seq' | 'time'> & { time?: number } : never;

export function eventAt(seq: number, event: Loose<RunEvent>): RunEvent {
  return { run_id: 'run', seq, time: 100 + seq, ...event } as RunEvent;
}

export function progressAt(seq: number, node: string, done = seq): RunEvent {
  return eventAt(seq, {
    type: 'node.progress',
    node,
    done,
    total: 100,
    unit: 'batches',
    message: '',
    seconds_left: null,
  });
}
