import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../http';
import { reachability } from '../reachability';

/** Answers that will not change by asking again are not asked for again. */
function shouldRetry(failures: number, error: Error): boolean {
  return error instanceof ApiError && error.unreachable && failures < 2;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: shouldRetry, retryDelay: 400, staleTime: 10_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

// A server that is back gets every open question again.
reachability.subscribe((now, before) => {
  if (now.reachable && !before.reachable) void queryClient.invalidateQueries();
});
