import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { RunsAnswer } from '../types.generated';

/** The newest runs, of one draft or of all. */
export const runsQuery = (pipelineId?: string, limit = 50) =>
  queryOptions({
    queryKey: ['runs', { pipelineId, limit }],
    queryFn: ({ signal }) => {
      const search = new URLSearchParams({ limit: String(limit) });
      if (pipelineId !== undefined) search.set('pipeline_id', pipelineId);
      return api.get<RunsAnswer>(`runs?${search}`, { signal });
    },
  });

export function useRuns(pipelineId?: string, limit?: number) {
  return useQuery(runsQuery(pipelineId, limit));
}
