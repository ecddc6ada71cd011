/** Undo as a list of whole contents that share their unchanged parts: nothing an edit touches can be left out of it. */

import type { DocumentContent } from './types';

/** What is selected on the canvas: nodes, wires (see `wireId`), and notes and sections. */
export interface Selection {
  readonly selection: ReadonlySet<string>;
  readonly selectedWires: ReadonlySet<string>;
  readonly selectedAnnotations: ReadonlySet<string>;
}

export interface HistoryEntry {
  /** What was done, as the history list and the undo button say it. */
  readonly label: string;
  readonly time: number;
  readonly content: DocumentContent;
  /** Edits with the same key that follow closely are one step: typing in one field, holding an arrow key. */
  readonly key?: string;
  /** What was selected before and after, where the step changed it: undo and redo bring it back. */
  readonly selected?: { readonly before: Selection; readonly after: Selection };
}

export interface History {
  readonly entries: readonly HistoryEntry[];
  /** The entry that the document shows; those behind it can be redone. */
  readonly cursor: number;
}

export const MAX_ENTRIES = 300;
export const BURST_MS = 1200;

export function startHistory(label: string, content: DocumentContent, time: number): History {
  return { entries: [{ label, time, content }], cursor: 0 };
}

/** Add a step, or widen the last one when it has the same key and is recent. What had been undone is forgotten. */
export function record(history: History, entry: HistoryEntry): History {
  const last = history.entries[history.cursor];
  const widens =
    last !== undefined &&
    history.cursor > 0 &&
    history.cursor === history.entries.length - 1 &&
    entry.key !== undefined &&
    last.key === entry.key &&
    entry.time - last.time < BURST_MS;
  const kept = history.entries.slice(0, widens ? history.cursor : history.cursor + 1);
  const entries = [...kept, entry].slice(-MAX_ENTRIES);
  return { entries, cursor: entries.length - 1 };
}

/** End the current burst: the next edit is a step of its own, whatever its key. */
export function seal(history: History): History {
  const last = history.entries[history.cursor];
  if (last?.key === undefined) return history;
  const { key: _, ...sealed } = last;
  return { ...history, entries: history.entries.with(history.cursor, sealed) };
}

/** What was selected where `to` is, going there through the steps in between. */
export function selectedAt({ entries, cursor }: History, to: number): Selection | undefined {
  return to < cursor ? entries[to + 1]?.selected?.before : entries[to]?.selected?.after;
}
