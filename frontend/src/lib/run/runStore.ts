import { createStore, useStore } from 'zustand';

import { watchRun } from '@/services/socket';

import { applyEvents } from './applyEvent';
import { logStore } from './logStore';
import { isInRun } from './runPart';
import { isNodeOver, type NodeRun, type Run, type RunError, type RunEvent } from './types';

/**
 * The run that the page shows, live or over. It is short-lived: another run replaces it, and a reload asks the server.
 *
 * `run.document` is the document as it was submitted. A page that shows the run of another document than the open
 * draft (history, a draft edited since) draws `run.document` read-only; the states are keyed by node id either way.
 */
export interface RunView {
  runId: string | null;
  /** Null until the first answer of the server. */
  run: Run | null;
  /** Why the run can't be shown. */
  error: RunError | null;
  /** The server's clock minus ours, in seconds: durations stay right when the two differ. */
  clockSkew: number;
  /** Nodes that were asked to stop and have not said yet that they did. */
  cancelling: ReadonlySet<string>;
  /** An earlier moment of the run is shown, not where it stands now. */
  replaying: boolean;
}

const NOBODY: ReadonlySet<string> = new Set();
const NOTHING: RunView = {
  runId: null,
  run: null,
  error: null,
  clockSkew: 0,
  cancelling: NOBODY,
  replaying: false,
};

/** Events are joined for this long, so that a burst is drawn once; the first after a pause is drawn at once. */
const BATCH_MS = 40;

export const runStore = createStore<RunView>(() => NOTHING);

export function useRunState<T>(selector: (view: RunView) => T): T {
  return useStore(runStore, selector);
}

/** The state of one node in the run that is shown. A component that reads this is drawn again for its node only. */
export function useNodeRun(nodeId: string): NodeRun | undefined {
  return useRunState(({ run }) => nodeOf(run, nodeId));
}

/** The state of a node that takes part in a run. */
export function nodeOf(run: Run | null, nodeId: string): NodeRun | undefined {
  return run !== null && isInRun(run, nodeId) ? run.nodes[nodeId] : undefined;
}

/** Whether a node was asked to stop, by itself or with its run, and is still on its way to that. */
export function useCancelling(nodeId: string): boolean {
  return useRunState(({ run, cancelling }) => {
    const node = nodeOf(run, nodeId);
    if (node === undefined || isNodeOver(node.status)) return false;
    return run?.cancel_requested === true || cancelling.has(nodeId);
  });
}

let unwatch: (() => void) | null = null;
/** Where the run stands, while an earlier moment of it is shown. */
let present: Run | null = null;
let eventAt: number | null = null;
let waiting: RunEvent[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;

/** Shows a run and follows it. `known` (the answer to a submission) is drawn until the server's own snapshot comes. */
export function showRun(runId: string, known?: Run): void {
  const { runId: shown, error } = runStore.getState();
  if (shown === runId && error === null) return;
  hideRun();
  runStore.setState({ ...NOTHING, runId, run: known ?? null });
  unwatch = watchRun(runId, null, { onSnapshot, onEvents, onError });
}

/** Leaves the run: the canvas shows the draft alone. */
export function hideRun(): void {
  unwatch?.();
  unwatch = null;
  present = null;
  eventAt = null;
  forgetWaiting();
  logStore.getState().clear();
  runStore.setState(NOTHING);
}

/** When the shown run last said anything (milliseconds since 1970). Not in the store: it moves with every event. */
export function lastEventAt(): number | null {
  return eventAt;
}

/** Shows the run as it was at an earlier moment. What comes meanwhile is kept for `showPresent`. */
export function showMoment(moment: Run): void {
  const { run, replaying } = runStore.getState();
  if (run?.id !== moment.id) return;
  if (!replaying) present = run;
  runStore.setState({ run: moment, replaying: true });
}

/** Shows where the run stands now. */
export function showPresent(): void {
  if (present === null) return;
  const run = present;
  present = null;
  runStore.setState({ run, replaying: false });
}

/** The server has taken a cancellation; the events that say so are on their way. */
export function cancelRequested(runId: string): void {
  const { run } = runStore.getState();
  if (run?.id === runId) runStore.setState({ run: { ...run, cancel_requested: true } });
}

/** The server has taken the cancellation of one node. */
export function nodeCancelRequested(runId: string, nodeId: string): void {
  const { run, cancelling } = runStore.getState();
  if (run?.id === runId) runStore.setState({ cancelling: new Set([...cancelling, nodeId]) });
}

function onSnapshot(run: Run): void {
  forgetWaiting();
  eventAt = Date.now();
  if (present !== null) present = run;
  else runStore.setState({ run, error: null });
}

function onError(error: RunError): void {
  runStore.setState({ error });
}

function onEvents(events: readonly RunEvent[]): void {
  waiting.push(...events);
  if (timer !== null) return;
  flush();
  timer = setTimeout(() => {
    timer = null;
    flush();
  }, BATCH_MS);
}

function forgetWaiting(): void {
  waiting = [];
  if (timer !== null) clearTimeout(timer);
  timer = null;
}

function flush(): void {
  if (waiting.length === 0) return;
  const events = waiting;
  waiting = [];
  const { run, clockSkew } = runStore.getState();
  if (run === null) return;
  const last = events.at(-1);
  eventAt = Date.now();
  logStore.getState().append(events);
  if (present !== null) {
    present = applyEvents(present, events);
    return;
  }
  runStore.setState({
    run: applyEvents(run, events),
    clockSkew: last === undefined ? clockSkew : freshSkew(clockSkew, last.time),
  });
}

/** Small differences are the way of the event through the network; only a clock that is really off counts. */
function freshSkew(before: number, serverTime: number): number {
  const skew = serverTime - Date.now() / 1000;
  if (Math.abs(skew) < 2) return 0;
  // Events that are told again after a cut are old: they make the server look slow, never fast.
  return before === 0 || skew > before ? skew : before;
}
