import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { ModulesAnswer } from '../types.generated';

export const modulesQuery = queryOptions({
  queryKey: ['modules'],
  queryFn: ({ signal }) => api.get<ModulesAnswer>('modules', { signal }),
  staleTime: Infinity,
});

/** The module library with its types and categories. */
export function useModules() {
  return useQuery(modulesQuery);
}
