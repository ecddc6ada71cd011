import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { TargetsAnswer } from '../types.generated';

export const targetsQuery = queryOptions({
  queryKey: ['targets'],
  queryFn: ({ signal }) => api.get<TargetsAnswer>('targets', { signal }).then((answer) => answer.targets),
});

/** The compute targets and how busy they are. */
export function useTargets() {
  return useQuery(targetsQuery);
}
