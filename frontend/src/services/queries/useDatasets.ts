import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { DatasetsAnswer } from '../types.generated';

export const datasetsQuery = queryOptions({
  queryKey: ['datasets'],
  queryFn: ({ signal }) => api.get<DatasetsAnswer>('datasets', { signal }).then((answer) => answer.datasets),
});

/** The registered data sets. */
export function useDatasets() {
  return useQuery(datasetsQuery);
}
