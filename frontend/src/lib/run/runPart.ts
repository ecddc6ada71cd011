import type { Run, RunDocument } from './types';

/** The part of a document that a run was asked for; the server marks nothing on the nodes outside. */

const parts = new WeakMap<RunDocument, ReadonlySet<string> | null>();

/** Ids of the nodes that take part; null when all do. */
export function runPart({
  document,
  asked_for,
}: Pick<Run, 'document' | 'asked_for'>): ReadonlySet<string> | null {
  if (asked_for === null) return null;
  const known = parts.get(document);
  if (known !== undefined) return known;
  const { until = [], only = [] } = asked_for;
  const part = until.length + only.length === 0 ? null : new Set([...only, ...withSources(document, until)]);
  parts.set(document, part);
  return part;
}

/** Whether a node takes part in a run. */
export function isInRun(run: Run, nodeId: string): boolean {
  return runPart(run)?.has(nodeId) ?? true;
}

function withSources({ wires }: RunDocument, ids: readonly string[]): Set<string> {
  const found = new Set(ids);
  for (const id of found) {
    // A set that grows while it is gone through is gone through to its end.
    for (const { from, to } of wires) if (to[0] === id) found.add(from[0]);
  }
  return found;
}
