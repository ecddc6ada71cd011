import { createStore, useStore } from 'zustand';

import type { RunEvent } from './types';

/** Log lines that came while the page was watching. What was written before is asked of the server (`GET logs`). */

export interface LogEntry {
  /** Number of the event that brought the line; lines of one event share it. */
  seq: number;
  time: number;
  stream: string;
  text: string;
}

interface LogState {
  /** Keyed by node. A new list per event, so that `===` tells whether there is something new. */
  lines: Readonly<Record<string, readonly LogEntry[]>>;
  append(events: readonly RunEvent[]): void;
  clear(): void;
}

/** More than this is not kept in memory; the panel asks the server for what is older. */
export const MOST_LINES = 20_000;

export const logStore = createStore<LogState>((set) => ({
  lines: {},
  append(events) {
    const fresh = new Map<string, LogEntry[]>();
    for (const event of events) {
      if (event.type !== 'node.log') continue;
      const lines = fresh.get(event.node) ?? [];
      for (const [time, stream, text] of event.lines) lines.push({ seq: event.seq, time, stream, text });
      fresh.set(event.node, lines);
    }
    if (fresh.size === 0) return;
    set((state) => {
      const lines = { ...state.lines };
      for (const [node, more] of fresh) lines[node] = [...(lines[node] ?? []), ...more].slice(-MOST_LINES);
      return { lines };
    });
  },
  clear() {
    set({ lines: {} });
  },
}));

const NONE: readonly LogEntry[] = [];

export function useLiveLog(nodeId: string): readonly LogEntry[] {
  return useStore(logStore, (state) => state.lines[nodeId] ?? NONE);
}

/** The further processes of a node that have written something, in order: each writes to a stream of its own. */
export function ranksIn(entries: readonly LogEntry[]): readonly string[] {
  const streams = new Set(entries.map(({ stream }) => stream));
  return [...streams]
    .filter((stream) => stream.startsWith('rank '))
    .sort((one, other) => rankOf(one) - rankOf(other));
}

function rankOf(stream: string): number {
  return stream.startsWith('rank ') ? Number(stream.slice('rank '.length)) : 0;
}

/** What one process has written; the first one writes to the usual streams. */
export function writtenBy(entries: readonly LogEntry[], rank: number): readonly LogEntry[] {
  return entries.filter(({ stream }) => rankOf(stream) === rank);
}

/** Joins what the server told with what came live; both may hold the same events. */
export function joinLogs(stored: readonly LogEntry[], live: readonly LogEntry[]): readonly LogEntry[] {
  const last = stored.at(-1)?.seq ?? 0;
  const first = live.findIndex((entry) => entry.seq > last);
  if (first < 0) return stored;
  if (stored.length === 0) return live;
  return [...stored, ...live.slice(first)];
}
