import type { RunEvent } from './types';

export interface Sequence {
  /** Where the run stands: the number of the last event handed on. */
  readonly seq: number;
  /** Takes events in any order and says which ones come next; `missing` is true when a number in between lacks. */
  take(events: readonly RunEvent[]): { ready: RunEvent[]; missing: boolean };
  /** Starts over from a snapshot: what it already holds is forgotten. */
  reset(seq: number): void;
}

/** Puts the events of one run in their order: duplicates fall out, early ones wait for those before them. */
export function createSequence(seq = 0): Sequence {
  let last = seq;
  const early = new Map<number, RunEvent>();

  function release(): RunEvent[] {
    const ready: RunEvent[] = [];
    for (let next = early.get(last + 1); next !== undefined; next = early.get(last + 1)) {
      early.delete(next.seq);
      ready.push(next);
      last = next.seq;
    }
    return ready;
  }

  return {
    get seq() {
      return last;
    },
    take(events) {
      for (const event of events) if (event.seq > last) early.set(event.seq, event);
      const ready = release();
      return { ready, missing: early.size > 0 };
    },
    reset(to) {
      last = to;
      for (const waiting of early.keys()) if (waiting <= to) early.delete(waiting);
    },
  };
}
