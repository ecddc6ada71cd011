import type { DocumentContent } from './types';

/** Node ids so that each comes after those that feed it; among equals, in the order they were added. */
export function readingOrder({ order, wires }: Pick<DocumentContent, 'order' | 'wires'>): string[] {
  const waitsFor = new Map(order.map((id) => [id, 0]));
  const feeds = new Map<string, string[]>();
  for (const { from, to } of wires) {
    waitsFor.set(to[0], (waitsFor.get(to[0]) ?? 0) + 1);
    feeds.set(from[0], [...(feeds.get(from[0]) ?? []), to[0]]);
  }
  const rank = new Map(order.map((id, index) => [id, index]));
  const ready = order.filter((id) => waitsFor.get(id) === 0);
  const sorted: string[] = [];
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    sorted.push(id);
    const freed = (feeds.get(id) ?? []).filter((next) => {
      const left = (waitsFor.get(next) ?? 0) - 1;
      waitsFor.set(next, left);
      return left === 0;
    });
    ready.push(...freed.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0)));
  }
  // A loop can't be drawn, but a document from elsewhere may hold one; its nodes come last.
  return sorted.length === order.length ? sorted : [...sorted, ...order.filter((id) => !sorted.includes(id))];
}
