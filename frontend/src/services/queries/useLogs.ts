import { queryOptions } from '@tanstack/react-query';
import { api } from '../http';
import type { LogsAnswer } from '../types.generated';

const PAGE = 5000;
const MOST_PAGES = 4;

/** The lines that a node has written up to now, from the beginning. */
export const logsQuery = (runId: string, nodeId: string) =>
  queryOptions({
    queryKey: ['logs', runId, nodeId],
    queryFn: async ({ signal }) => {
      const lines: LogsAnswer['lines'] = [];
      for (let page = 0, more = true; more && page < MOST_PAGES; page += 1) {
        const after = lines.at(-1)?.[0] ?? 0;
        const answer = await api.get<LogsAnswer>(`${logsPath(runId, nodeId)}?after=${after}&limit=${PAGE}`, {
          signal,
        });
        lines.push(...answer.lines);
        more = answer.more && answer.lines.length > 0;
      }
      return lines;
    },
    staleTime: 0,
    gcTime: 60_000,
  });

/** Where everything that a node has logged can be downloaded as a zip: what it printed, and the curves for TensorBoard. */
export function logFilesUrl(runId: string, nodeId: string): string {
  return api.url(`${logsPath(runId, nodeId)}/files`);
}

function logsPath(runId: string, nodeId: string): string {
  return `runs/${encodeURIComponent(runId)}/nodes/${encodeURIComponent(nodeId)}/logs`;
}
