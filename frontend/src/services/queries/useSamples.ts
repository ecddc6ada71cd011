import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { SamplesAnswer } from '../types.generated';

export const samplesQuery = queryOptions({
  queryKey: ['samples'],
  queryFn: ({ signal }) => api.get<SamplesAnswer>('samples', { signal }).then((answer) => answer.samples),
  staleTime: Infinity,
});

/** The pipelines that ship with Torchwire. */
export function useSamples() {
  return useQuery(samplesQuery);
}
