import { infiniteQueryOptions, queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { RunStatus } from '../types.generated';

/** Room on the server's disk: what takes how much, and what may go. */
export interface StorageAnswer {
  disk: { total: number; free: number };
  budget: number | null;
  used: Record<StorageCategory | 'total', number>;
  collectable: number;
}

export type StorageCategory =
  'artifacts' | 'checkpoints' | 'attempts' | 'datasets' | 'uploads' | 'cache' | 'database';

export interface StoredRun {
  id: string;
  name: string;
  status: RunStatus;
  created: number;
  pinned: boolean;
  size: number;
  /** What deleting it frees. */
  size_alone: number;
  seconds_to_recompute: number | null;
}

export interface StoredArtifact {
  digest: string;
  type: string;
  size: number;
  files: number;
  created: number;
  last_used: number;
  pinned: boolean;
  runs: number;
  node: string | null;
  module: string | null;
  seconds_to_recompute: number | null;
}

export interface CollectAnswer {
  freed: number;
  artifacts: StoredArtifact[];
  checkpoints: number;
  seconds_to_recompute: number;
}

export type ArtifactOrder = 'size' | 'last_used';

const PAGE = 50;

export const storageQuery = queryOptions({
  queryKey: ['storage', 'use'],
  queryFn: ({ signal }) => api.get<StorageAnswer>('storage', { signal }),
});

export function useStorage() {
  return useQuery(storageQuery);
}

export function useStoredRuns() {
  return useInfiniteQuery(
    infiniteQueryOptions({
      queryKey: ['storage', 'runs'],
      queryFn: ({ signal, pageParam }) =>
        api.get<{ runs: StoredRun[]; next: string | null }>(`storage/runs?${page(pageParam)}`, { signal }),
      initialPageParam: '',
      getNextPageParam: (answer) => answer.next,
    }),
  );
}

export function useStoredArtifacts(order: ArtifactOrder) {
  return useInfiniteQuery(
    infiniteQueryOptions({
      queryKey: ['storage', 'artifacts', order],
      queryFn: ({ signal, pageParam }) =>
        api.get<{ artifacts: StoredArtifact[]; next: string | null }>(
          `storage/artifacts?order=${order}&${page(pageParam)}`,
          { signal },
        ),
      initialPageParam: '',
      getNextPageParam: (answer) => answer.next,
    }),
  );
}

function page(before: string): URLSearchParams {
  const search = new URLSearchParams({ limit: String(PAGE) });
  if (before !== '') search.set('before', before);
  return search;
}
