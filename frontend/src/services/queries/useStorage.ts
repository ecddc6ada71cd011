import { infiniteQueryOptions, queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { StorageAnswer, StoredArtifactsAnswer, StoredRunsAnswer } from '../types.generated';

export type { CollectAnswer, StorageAnswer, StoredArtifact, StoredRun } from '../types.generated';

/** What can take room. */
export type StorageCategory = Exclude<keyof StorageAnswer['used'], 'total'>;

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
        api.get<StoredRunsAnswer>(`storage/runs?${page(pageParam)}`, { signal }),
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
        api.get<StoredArtifactsAnswer>(`storage/artifacts?order=${order}&${page(pageParam)}`, { signal }),
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
