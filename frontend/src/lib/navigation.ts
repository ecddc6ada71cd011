import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

/** Where the page is: a tiny router over the history API. */
export type Route =
  | { readonly page: 'home' }
  | {
      readonly page: 'pipeline';
      readonly pipelineId: string;
      readonly runId: string | null;
      /** What of the run is open, without the question mark. */
      readonly search: string;
    }
  | { readonly page: 'runs' }
  | { readonly page: 'storage' }
  | { readonly page: 'targets'; readonly guide: boolean }
  | { readonly page: 'compare'; readonly runIds: readonly string[] };

export function parseRoute(pathname: string, search = ''): Route {
  const [section, id, runs, runId] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (section === 'runs' && id === undefined) return { page: 'runs' };
  if (section === 'storage' && id === undefined) return { page: 'storage' };
  if (section === 'targets' && (id === undefined || id === 'guide'))
    return { page: 'targets', guide: id === 'guide' };
  if (section === 'compare' && id === undefined) {
    const ids = new URLSearchParams(search).get('runs')?.split(',').filter(Boolean) ?? [];
    return { page: 'compare', runIds: [...new Set(ids)] };
  }
  if (section === 'pipelines' && id !== undefined) {
    const shown = (runs === 'runs' && runId) || null;
    return { page: 'pipeline', pipelineId: id, runId: shown, search: search.replace(/^\?/, '') };
  }
  return { page: 'home' };
}

export const paths = {
  home: '/',
  runs: '/runs',
  storage: '/storage',
  targets: '/targets',
  targetsGuide: '/targets/guide',
  compare: (runIds: readonly string[]) => `/compare?runs=${runIds.map(encodeURIComponent).join(',')}`,
  pipeline: (pipelineId: string) => `/pipelines/${encodeURIComponent(pipelineId)}`,
  run: (pipelineId: string, runId: string) =>
    `/pipelines/${encodeURIComponent(pipelineId)}/runs/${encodeURIComponent(runId)}`,
};

const here = () => parseRoute(location.pathname, location.search);

const routeStore = createStore<Route>(here);

addEventListener('popstate', () => routeStore.setState(here(), true));

export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (path === location.pathname + location.search) return;
  if (options.replace === true) history.replaceState(history.state, '', path);
  else
    history.pushState({ trail: [...trail(), location.pathname + location.search].slice(-LONGEST) }, '', path);
  routeStore.setState(here(), true);
}

/** Go to where something was opened from: back in the history if that is there, so that Back doesn't open it again. */
export function leave(path: string): void {
  const before = trail();
  const at = before.lastIndexOf(path);
  if (at < 0) navigate(path, { replace: true });
  else history.go(at - before.length);
}

const LONGEST = 50;

/** The addresses before this one that this page has led from. */
function trail(): readonly string[] {
  const state: unknown = history.state;
  const kept = typeof state === 'object' && state !== null && 'trail' in state ? state.trail : [];
  return Array.isArray(kept) ? kept.filter((path) => typeof path === 'string') : [];
}

export function currentRoute(): Route {
  return routeStore.getState();
}

export function useRoute(): Route {
  return useStore(routeStore);
}
