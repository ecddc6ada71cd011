import { applyEvents, UNTOUCHED } from './applyEvent';
import type { Run, RunEvent } from './types';

/** A run from its first event to its last, to be shown as it stood at any moment in between. */
export interface Timeline {
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** When nodes began and ended, for marks beside the slider. */
  readonly marks: readonly Mark[];
  /** The run as it stood at a time. The same time gives the same object. */
  at: (time: number) => Run;
}

export interface Mark {
  readonly time: number;
  readonly node: string;
  readonly kind: 'started' | 'finished' | 'failed' | 'cancelled';
}

/** So many events are gone through at most to get anywhere. */
const STRIDE = 250;

const MARKS: Readonly<Partial<Record<RunEvent['type'], Mark['kind']>>> = {
  'node.started': 'started',
  'node.finished': 'finished',
  'node.failed': 'failed',
  'node.cancelled': 'cancelled',
};

export function createTimeline(run: Run, all: readonly RunEvent[]): Timeline {
  const events = all.filter((event) => event.type !== 'node.log');
  const frames: Run[] = [before(run)];
  let shown: { count: number; run: Run } | null = null;

  /** The run after its first `count` events. */
  function after(count: number): Run {
    if (shown?.count === count) return shown.run;
    const near =
      shown !== null && shown.count < count && count - shown.count < STRIDE ? shown : nearest(count);
    shown = { count, run: applyEvents(near.run, events.slice(near.count, count)) };
    return shown.run;
  }

  function nearest(count: number): { count: number; run: Run } {
    const wanted = Math.floor(count / STRIDE);
    for (let index = frames.length; index <= wanted; index += 1) {
      const last = frames[index - 1];
      if (last !== undefined)
        frames[index] = applyEvents(last, events.slice((index - 1) * STRIDE, index * STRIDE));
    }
    return { count: wanted * STRIDE, run: frames[wanted] ?? before(run) };
  }

  return {
    start: events[0]?.time ?? run.created,
    end: events.at(-1)?.time ?? run.created,
    marks: events.flatMap((event): Mark[] => {
      const kind = MARKS[event.type];
      return kind === undefined || !('node' in event) ? [] : [{ time: event.time, node: event.node, kind }];
    }),
    at: (time) => after(countUpTo(events, time)),
  };
}

/** How many events had happened at a time; they come in order. */
function countUpTo(events: readonly RunEvent[], time: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.time ?? Infinity) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The run when nothing had happened to it. */
function before(run: Run): Run {
  return {
    ...run,
    status: 'queued',
    started: null,
    finished: null,
    seconds: null,
    error: null,
    cancel_requested: false,
    seq: 0,
    nodes: Object.fromEntries(run.document.nodes.map(({ id }) => [id, UNTOUCHED])),
  };
}
