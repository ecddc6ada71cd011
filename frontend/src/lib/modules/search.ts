import type { ModuleSpec } from '@/services/types.generated';

/** The modules that answer a search, best first; all of them, in declared order, for an empty one. */
export function searchModules(specs: readonly ModuleSpec[], query: string): ModuleSpec[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return [...specs];
  return specs
    .map((spec, index) => ({ spec, index, score: scoreOf(spec, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ spec }) => spec);
}

/** How well a text answers a search, 0 for not at all: its start, the start of a word, inside, or its initials. */
export function matchScore(text: string, query: string): number {
  const at = text.toLowerCase().indexOf(query);
  if (at === 0) return 5;
  if (at > 0) return /[\s/-]/.test(text.charAt(at - 1)) ? 4 : 3;
  return query.length > 1 && initialsOf(text).startsWith(query) ? 3 : 0;
}

function scoreOf(spec: ModuleSpec, query: string): number {
  const title = matchScore(spec.title, query);
  if (title > 0) return title;
  const words = query.split(/\s+/);
  const all = [spec.title, spec.id, spec.category, spec.help].join(' ').toLowerCase();
  if (words.every((word) => `${spec.title} ${spec.id}`.toLowerCase().includes(word))) return 2;
  return words.every((word) => all.includes(word)) ? 1 : 0;
}

function initialsOf(text: string): string {
  return text
    .split(/[\s/-]+/)
    .map((word) => word.charAt(0))
    .join('')
    .toLowerCase();
}
