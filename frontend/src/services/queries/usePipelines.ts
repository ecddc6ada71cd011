import { queryOptions, useQuery } from '@tanstack/react-query';
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

/** The journal of a draft. */
export function useRevisions(pipelineId: string) {
  return useQuery({
    queryKey: ['pipelines', pipelineId, 'revisions'],
    queryFn: ({ signal }) =>
      api
        .get<RevisionsAnswer>(`pipelines/${pipelineId}/revisions`, { signal })
        .then((answer) => answer.revisions),
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
