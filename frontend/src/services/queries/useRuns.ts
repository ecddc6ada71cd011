import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { RunsAnswer, RunStatus } from '../types.generated';

export interface RunsFilter {
  pipelineId?: string | undefined;
  status?: RunStatus | undefined;
  /** A part of the name. */
  search?: string | undefined;
}

/** The newest runs, of one draft or of all. */
export const runsQuery = ({ pipelineId, status, search }: RunsFilter = {}, limit = 50) =>
  queryOptions({
    queryKey: ['runs', { pipelineId, status, search, limit }],
    queryFn: ({ signal }) => {
      const params = new URLSearchParams({ limit: String(limit) });
      if (pipelineId !== undefined) params.set('pipeline_id', pipelineId);
      if (status !== undefined) params.set('status', status);
      if (search !== undefined && search !== '') params.set('search', search);
      return api.get<RunsAnswer>(`runs?${params}`, { signal });
    },
  });

/** While another filter's runs load, those of the last one stay. */
export function useRuns(filter: RunsFilter, limit?: number) {
  return useQuery({ ...runsQuery(filter, limit), placeholderData: keepPreviousData });
}
