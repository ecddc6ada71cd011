import type { RunDocument } from './types';

/** Node ids so that each comes after those that feed it; among equals, the order of the document. */
export function readingOrder(document: RunDocument): readonly string[] {
  const waits = new Map(document.nodes.map(({ id }) => [id, new Set<string>()]));
  for (const { from, to } of document.wires) waits.get(to[0])?.add(from[0]);
  const order: string[] = [];
  while (waits.size > 0) {
    const free = [...waits].filter(([, feeders]) => [...feeders].every((id) => !waits.has(id)));
    // A loop can't come from a run, but a list that never ends would be worse than a wrong order.
    const next = free.length > 0 ? free.map(([id]) => id) : [...waits.keys()];
    for (const id of next) waits.delete(id);
    order.push(...next);
  }
  return order;
}
