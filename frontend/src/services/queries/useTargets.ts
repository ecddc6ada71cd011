import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { Target as LocalTarget } from '../types.generated';

/** A machine of a cluster; `free_*` is what nobody has taken at the moment. */
export interface Machine {
  name: string;
  alive: boolean;
  cores: number;
  memory_bytes: number;
  gpus: number;
  gpu: string | null;
  free_cores: number;
  free_memory_bytes: number;
  free_gpus: number;
}

/** What a target on other machines tells beside what all targets do. */
export interface Target extends Omit<LocalTarget, keyof RemoteFacts>, Partial<RemoteFacts> {}

interface RemoteFacts {
  remote: boolean;
  machines: Machine[];
  versions: Record<string, string>;
  /** From `torchwire.toml`, or added on the page. */
  origin: 'file' | 'page';
  options: Record<string, unknown>;
  has_token: boolean;
  /** When its machines were last seen. */
  surveyed: string | null;
}

/** A kind of target that can be added; `install` is the command that makes it usable where it isn't yet. */
export interface TargetKind {
  kind: string;
  title: string;
  installed: boolean;
  install: string | null;
  schema: unknown;
}

/** What was found when somebody looked at a target. */
export interface TargetFound {
  survey: { machines: Machine[]; versions: Record<string, string> };
  mismatch: string | null;
}

export const targetsQuery = queryOptions({
  queryKey: ['targets'],
  queryFn: ({ signal }) =>
    api.get<{ targets: Target[] }>('targets', { signal }).then((answer) => answer.targets),
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
      api.get<{ kinds: TargetKind[] }>('target-kinds', { signal }).then((answer) => answer.kinds),
    staleTime: 0,
  });
}
