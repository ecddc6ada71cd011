import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api } from '../http';
import type { Run, RunAnswer, RunsAnswer } from '../types.generated';

/** More than these are not looked into. */
const MOST = 12;

/** The runs that go on now, with their nodes, asked for every few seconds while `watched`. */
export function useRunsUnderWay(watched: boolean) {
  return useQuery({
    queryKey: ['runs', 'under-way'],
    queryFn: ({ signal }) => runsUnderWay(signal),
    enabled: watched,
    refetchInterval: 3000,
    placeholderData: keepPreviousData,
  });
}

async function runsUnderWay(signal: AbortSignal): Promise<Run[]> {
  const listed = await Promise.all(
    (['running', 'queued'] as const).map((status) =>
      api.get<RunsAnswer>(`runs?status=${status}&limit=${MOST}`, { signal }),
    ),
  );
  const ids = [...new Set(listed.flatMap(({ runs }) => runs.map(({ id }) => id)))].slice(0, MOST);
  const answers = await Promise.all(
    ids.map((id) => api.get<RunAnswer>(`runs/${encodeURIComponent(id)}`, { signal })),
  );
  return answers.map(({ run }) => run);
}
