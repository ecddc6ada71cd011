import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

/** Where the page is: a tiny router over the history API. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'pipeline'; readonly pipelineId: string; readonly runId: string | null }
  | { readonly page: 'runs' };

export function parseRoute(pathname: string): Route {
  const [section, id, runs, runId] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (section === 'runs' && id === undefined) return { page: 'runs' };
  if (section === 'pipelines' && id !== undefined) {
    return { page: 'pipeline', pipelineId: id, runId: (runs === 'runs' && runId) || null };
  }
  return { page: 'home' };
}

export const paths = {
  home: '/',
  runs: '/runs',
  pipeline: (pipelineId: string) => `/pipelines/${encodeURIComponent(pipelineId)}`,
  run: (pipelineId: string, runId: string) =>
    `/pipelines/${encodeURIComponent(pipelineId)}/runs/${encodeURIComponent(runId)}`,
};

const routeStore = createStore<Route>(() => parseRoute(location.pathname));

addEventListener('popstate', () => routeStore.setState(parseRoute(location.pathname), true));

export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (path === location.pathname) return;
  if (options.replace === true) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  routeStore.setState(parseRoute(location.pathname), true);
}

export function currentRoute(): Route {
  return routeStore.getState();
}

export function useRoute(): Route {
  return useStore(routeStore);
}
