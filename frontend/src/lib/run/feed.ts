import { createSequence } from './sequence';
import { isOver } from './types';
import type { Run, RunError, RunEvent } from './types';

/** What the server answers to `watch`. */
export type WatchAnswer = { run: Run; events: readonly RunEvent[]; more?: boolean } | { error: RunError };

/** How a feed speaks with the server; the socket and the HTTP client stand behind it. */
export interface FeedLink {
  watch(runId: string, after: number | null): Promise<WatchAnswer>;
  fetchEvents(runId: string, after: number): Promise<{ events: readonly RunEvent[]; more: boolean }>;
}

export interface FeedHandlers {
  onSnapshot(run: Run): void;
  /** The next events, in their order, without gaps and without duplicates. */
  onEvents(events: readonly RunEvent[]): void;
  onError(error: RunError): void;
}

export interface Feed {
  /** True while events are still to be expected. */
  readonly active: boolean;
  /** Asks the server where the run stands. Rejects when no answer comes. */
  sync(): Promise<void>;
  /** Takes an event as it arrived. */
  push(event: RunEvent): void;
  close(): void;
}

const RETRY_MS = 1000;

/**
 * Follows one run whatever the connection does: the first answer is a snapshot, later ones are what was missed, and a
 * hole in the numbers is filled from the event log before anything behind it is handed on.
 */
export function createFeed(
  runId: string,
  after: number | null,
  link: FeedLink,
  handlers: FeedHandlers,
): Feed {
  const sequence = createSequence(after ?? 0);
  let known = after !== null;
  let active = true;
  let closed = false;
  let filling = false;
  let before: RunEvent[] = [];

  function hand(events: readonly RunEvent[]): boolean {
    const { ready, missing } = sequence.take(events);
    if (ready.length > 0) {
      if (ready.some((event) => event.type === 'run.finished')) active = false;
      handlers.onEvents(ready);
    }
    return missing;
  }

  function start(run: Run): void {
    known = true;
    active = !isOver(run.status);
    sequence.reset(run.seq);
    handlers.onSnapshot(run);
    const waiting = before;
    before = [];
    if (hand(waiting)) void fill(0);
  }

  async function fill(upTo: number): Promise<void> {
    if (filling) return;
    filling = true;
    try {
      for (let missing = true; missing && !closed;) {
        const page = await link.fetchEvents(runId, sequence.seq);
        if (closed) return;
        const from = sequence.seq;
        missing = hand(page.events) || page.more || sequence.seq < upTo;
        if (sequence.seq === from && missing) throw new Error('The event log has a hole.');
      }
    } catch {
      if (!closed) setTimeout(() => void fill(upTo), RETRY_MS);
    } finally {
      filling = false;
    }
  }

  return {
    get active() {
      return active && !closed;
    },
    async sync() {
      const answer = await link.watch(runId, known ? sequence.seq : null);
      if (closed) return;
      if ('error' in answer) {
        active = false;
        handlers.onError(answer.error);
        return;
      }
      // A server that knows less than we do was set back (its home was replaced): believe it, not ourselves.
      if (!known || answer.run.seq < sequence.seq) {
        start(answer.run);
        return;
      }
      active = !isOver(answer.run.status);
      const missing = hand(answer.events);
      if (missing || answer.more === true || answer.run.seq > sequence.seq) {
        void fill(answer.run.seq);
      }
    },
    push(event) {
      if (closed || event.run_id !== runId) return;
      if (!known) before.push(event);
      else if (hand([event])) void fill(event.seq);
    },
    close() {
      closed = true;
    },
  };
}
