import { useMemo } from 'react';

import { leave, navigate, useRoute } from './navigation';

/**
 * Which output is open and how it is narrowed, as the address says it: `?node=score&output=scored_dataset&only=wrong`.
 * So a link shows the same to somebody else, and Back takes the last narrowing away.
 */
export interface OpenOutput {
  readonly nodeId: string;
  readonly port: string;
}

export type Narrowing = Readonly<Record<string, string | undefined>>;

const OWN = ['node', 'output'];

/** How each output was narrowed when it was closed. */
const kept = new Map<string, string>();

export function openOutput(nodeId: string, port: string): void {
  navigate(`${location.pathname}?${kept.get(`${nodeId}:${port}`) ?? addressed(nodeId, port, {})}`);
}

export function closeOutput(): void {
  const search = new URLSearchParams(location.search);
  search.delete('cell');
  kept.set(`${search.get('node') ?? ''}:${search.get('output') ?? ''}`, search.toString());
  leave(location.pathname);
}

/** The output that the address opens; null where it opens none. */
export function useOpenOutput(): OpenOutput | null {
  const search = useSearch();
  return useMemo(() => {
    const found = new URLSearchParams(search);
    const nodeId = found.get('node');
    const port = found.get('output');
    return nodeId === null || port === null ? null : { nodeId, port };
  }, [search]);
}

/** How the open output is narrowed. */
export function useNarrowing(): Narrowing {
  const search = useSearch();
  return useMemo(() => {
    const entries = [...new URLSearchParams(search)].filter(([name]) => !OWN.includes(name));
    return Object.fromEntries(entries);
  }, [search]);
}

/** Narrow the open output: a step that Back takes back, unless it goes on with the one before. */
export function narrow(narrowing: Narrowing, options: { replace?: boolean } = {}): void {
  const before = new URLSearchParams(location.search);
  navigate(
    `${location.pathname}?${addressed(before.get('node') ?? '', before.get('output') ?? '', narrowing)}`,
    options,
  );
}

/** Take a narrowing away again: the step that brought it, where there was one. */
export function widen(name: string): void {
  const search = new URLSearchParams(location.search);
  search.delete(name);
  leave(`${location.pathname}?${search}`);
}

function addressed(nodeId: string, port: string, narrowing: Narrowing): string {
  const search = new URLSearchParams({ node: nodeId, output: port });
  for (const [name, value] of Object.entries(narrowing)) if (value !== undefined) search.set(name, value);
  return search.toString();
}

function useSearch(): string {
  const route = useRoute();
  return route.page === 'pipeline' ? route.search : '';
}
