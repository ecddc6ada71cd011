import type { NodeMetric, NodeRun, Run, RunEvent } from './types';

/** A node that nothing has been heard of yet. */
export const UNTOUCHED: NodeRun = {
  status: 'pending',
  reused: false,
  seconds: null,
  seconds_saved: null,
  attempt: null,
  target: null,
  machines: [],
  started: null,
  finished: null,
  progress: null,
  metrics: [],
  outputs: {},
  error: null,
  skipped_because: null,
  why: null,
  waiting: null,
  checkpoint: null,
  resumed: null,
  memory: [],
  memory_peak: null,
};

const MEMORY_POINTS = 120;

/**
 * The run after one event. Events that the run already holds change nothing. Only the entry of the event's own node
 * is replaced; every other entry keeps its identity, so that nothing else is drawn again.
 */
export function applyEvent(run: Run, event: RunEvent): Run {
  if (event.run_id !== run.id || event.seq <= run.seq) return run;
  const moved = { ...run, seq: event.seq };
  switch (event.type) {
    case 'run.queued':
      return { ...moved, status: 'queued' };
    case 'run.started':
      return { ...moved, status: 'running', started: event.time };
    case 'run.finished':
      return {
        ...moved,
        status: event.status,
        finished: event.time,
        seconds: event.seconds ?? (run.started === null ? null : event.time - run.started),
        error: event.error ?? null,
      };
    case 'node.log':
      return moved; // lines are kept beside the run, see logs.ts
    default: {
      const before = run.nodes[event.node] ?? UNTOUCHED;
      return { ...moved, nodes: { ...run.nodes, [event.node]: applyToNode(before, event) } };
    }
  }
}

export function applyEvents(run: Run, events: readonly RunEvent[]): Run {
  return events.reduce(applyEvent, run);
}

type NodeEvent = Exclude<RunEvent, { type: `run.${string}` } | { type: 'node.log' }>;

function applyToNode(node: NodeRun, event: NodeEvent): NodeRun {
  switch (event.type) {
    case 'node.queued':
      return { ...node, status: 'queued', waiting: null };
    case 'node.waiting':
      return { ...node, waiting: event.why || null };
    case 'node.memory':
      return withMemory(node, event.time, event.memory_bytes);
    case 'node.checkpoint': {
      const { step, epoch, batch, size, time } = event;
      return { ...node, checkpoint: { step, epoch, batch, size, time } };
    }
    case 'node.resumed': {
      const { source, from_run, epoch, batch, message } = event;
      return { ...node, resumed: { source, run_id: from_run, epoch, batch, message } };
    }
    case 'node.started':
      return started(node, event);
    case 'node.placed':
      return { ...node, machines: event.machines };
    case 'node.progress': {
      const { done, total, unit, message, seconds_left } = event;
      return { ...node, progress: { done, total, unit, message, seconds_left } };
    }
    case 'node.metric':
      return {
        ...node,
        metrics: withMetric(node.metrics, {
          axis: event.axis,
          step: event.step,
          values: event.values,
        }),
      };
    case 'node.output':
      return {
        ...node,
        outputs: {
          ...node.outputs,
          [event.port]: {
            type: event.output_type,
            digest: event.digest,
            size: event.size,
            files: event.files,
          },
        },
      };
    case 'node.finished':
      return {
        ...over(node, 'completed', event.time, event.seconds),
        memory_peak: Math.max(event.memory_peak ?? 0, node.memory_peak ?? 0) || null,
      };
    case 'node.reused':
      return {
        ...over(node, 'completed', event.time, 0),
        reused: true,
        seconds_saved: event.seconds_saved,
      };
    case 'node.failed':
      return { ...over(node, 'failed', event.time, event.seconds), error: event.error };
    case 'node.cancelled':
      return over(node, 'cancelled', event.time, event.seconds);
    case 'node.skipped':
      return {
        ...over(node, 'skipped', event.time, null),
        skipped_because: event.because,
      };
  }
}

function started(node: NodeRun, event: Extract<RunEvent, { type: 'node.started' }>): NodeRun {
  return {
    ...node,
    status: 'running',
    attempt: event.attempt,
    target: event.target,
    machines: [],
    why: event.why ?? node.why,
    started: event.time,
    finished: null,
    progress: null,
    // A try tells its whole curve, the part before the checkpoint it goes on from too: as in the server's snapshot.
    metrics: [],
    outputs: {},
    error: null,
    waiting: null,
    checkpoint: null,
    resumed: null,
    memory: [],
    memory_peak: null,
  };
}

function over(
  node: NodeRun,
  status: NodeRun['status'],
  time: number,
  seconds: number | null | undefined,
): NodeRun {
  const measured = node.started === null ? null : time - node.started;
  return {
    ...node,
    status,
    finished: time,
    seconds: seconds === undefined ? measured : seconds,
    progress: null,
    waiting: null,
  };
}

/** Steps of one axis stay in order; a step that is told twice is replaced, and values of one step are joined. */
function withMetric(metrics: NodeMetric[], metric: NodeMetric): NodeMetric[] {
  const last = metrics.findLast((one) => one.axis === metric.axis);
  if (last === undefined || last.step < metric.step) return [...metrics, metric];
  const at = metrics.findLastIndex((one) => one.axis === metric.axis && one.step <= metric.step);
  const near = metrics[at];
  if (near?.step !== metric.step) return metrics.toSpliced(at + 1, 0, metric);
  return metrics.with(at, { ...metric, values: { ...near.values, ...metric.values } });
}

/** The curve is thinned to every other point when it has grown too long, as the server's snapshot does it. */
function withMemory(node: NodeRun, time: number, bytes: number): NodeRun {
  const since = Math.round((time - (node.started ?? time)) * 10) / 10;
  const curve: NodeRun['memory'] = [...node.memory, [since, bytes]];
  return {
    ...node,
    memory: curve.length <= MEMORY_POINTS ? curve : curve.filter((_, index) => index % 2 === 0),
    memory_peak: Math.max(bytes, node.memory_peak ?? 0),
  };
}
