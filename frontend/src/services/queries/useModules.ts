import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { ModuleSpec, ModulesAnswer } from '../types.generated';

export const modulesQuery = queryOptions({
  queryKey: ['modules'],
  queryFn: ({ signal }) => api.get<ModulesAnswer>('modules', { signal }),
  staleTime: Infinity,
});

/** The module library with its types and categories. */
export function useModules() {
  return useQuery(modulesQuery);
}

/** One module's declaration; undefined while loading and for modules that the server doesn't have. */
export function useModuleSpec(moduleId: string | undefined): ModuleSpec | undefined {
  return useQuery({
    ...modulesQuery,
    select: (answer) => answer.modules.find((module) => module.id === moduleId),
  }).data;
}
