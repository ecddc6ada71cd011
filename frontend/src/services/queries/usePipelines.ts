import { queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { PipelineDocument } from '@/lib/document/types';
import { api } from '../http';
import type {
  DocumentAnswer,
  PipelineAnswer,
  PipelineRecord,
  PipelinesAnswer,
  RevisionsAnswer,
} from '../types.generated';

export const pipelinesQuery = queryOptions({
  queryKey: ['pipelines'],
  queryFn: ({ signal }) =>
    api.get<PipelinesAnswer>('pipelines', { signal }).then((answer) => answer.pipelines),
});

/** All drafts, the one changed last first. */
export function usePipelines() {
  return useQuery(pipelinesQuery);
}

/** The journal of a draft, in pages, the newest first. */
export function useRevisions(pipelineId: string) {
  return useInfiniteQuery({
    queryKey: ['pipelines', pipelineId, 'revisions'],
    queryFn: ({ pageParam, signal }) =>
      api.get<RevisionsAnswer>(
        `pipelines/${pipelineId}/revisions${pageParam === null ? '' : `?before=${pageParam}`}`,
        { signal },
      ),
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => next,
    select: ({ pages }) => pages.flatMap((page) => page.revisions),
    staleTime: 0,
  });
}

/** The document of one earlier revision. */
export function useRevision(pipelineId: string, revision: number | null) {
  return useQuery({
    queryKey: ['pipelines', pipelineId, 'revisions', revision],
    queryFn: ({ signal }) =>
      api
        .get<DocumentAnswer>(`pipelines/${pipelineId}/revisions/${revision}`, { signal })
        .then((answer) => answer.document),
    enabled: revision !== null,
    staleTime: Infinity,
  });
}

export async function fetchPipeline(pipelineId: string): Promise<PipelineRecord> {
  return (await api.get<PipelineAnswer>(`pipelines/${pipelineId}`)).pipeline;
}

export async function createPipeline(document: PipelineDocument): Promise<PipelineRecord> {
  return (await api.post<PipelineAnswer>('pipelines', { document })).pipeline;
}
