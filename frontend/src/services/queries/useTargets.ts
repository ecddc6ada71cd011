import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { TargetKindsAnswer, TargetsAnswer } from '../types.generated';

export type {
  Target,
  TargetKind,
  TargetMachine as Machine,
  TargetTestAnswer as TargetFound,
} from '../types.generated';

export const targetsQuery = queryOptions({
  queryKey: ['targets'],
  queryFn: ({ signal }) => api.get<TargetsAnswer>('targets', { signal }).then((answer) => answer.targets),
});

/** While somebody chooses among clusters, what is free there is asked for now and then; on their page all the time. */
const GLANCE = 5000;
const WATCH = 2000;

/** The compute targets and how busy they are. `watched`: asked for every two seconds. */
export function useTargets({ watched = false }: { watched?: boolean } = {}) {
  return useQuery({
    ...targetsQuery,
    refetchInterval: ({ state }) =>
      watched ? WATCH : state.data?.some((target) => target.remote) === true ? GLANCE : false,
  });
}

/** What people call a target; its ID while nobody knows more. */
export function useTargetTitle(id: string | null): string | null {
  const { data } = useQuery({
    ...targetsQuery,
    enabled: id !== null,
    select: (rows) => rows.find((row) => row.id === id)?.title,
  });
  return data || id;
}

/** The kinds of targets that can be added. Asked for anew each time: one may have been installed meanwhile. */
export function useTargetKinds() {
  return useQuery({
    queryKey: ['target-kinds'],
    queryFn: ({ signal }) =>
      api.get<TargetKindsAnswer>('target-kinds', { signal }).then((answer) => answer.kinds),
    staleTime: 0,
  });
}
