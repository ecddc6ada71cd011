/** Where a person was in a pipeline: not part of the document, but found again after a reload. */
export interface ViewState {
  readonly selection: readonly string[];
  readonly viewport: { readonly x: number; readonly y: number; readonly zoom: number } | null;
}

const PREFIX = 'torchwire.view.';
const LAST_KEY = 'torchwire.lastPipeline';

export function readView(pipelineId: string): ViewState {
  try {
    const stored = JSON.parse(localStorage.getItem(PREFIX + pipelineId) ?? '{}') as Partial<ViewState>;
    return { selection: stored.selection ?? [], viewport: stored.viewport ?? null };
  } catch {
    return { selection: [], viewport: null };
  }
}

export function writeView(pipelineId: string, change: Partial<ViewState>): void {
  try {
    localStorage.setItem(PREFIX + pipelineId, JSON.stringify({ ...readView(pipelineId), ...change }));
  } catch {
    // Storage is full or blocked: the view is not found again, nothing else is lost.
  }
}

export function forgetView(pipelineId: string): void {
  localStorage.removeItem(PREFIX + pipelineId);
}

export function lastPipeline(): string | null {
  return localStorage.getItem(LAST_KEY);
}

export function rememberPipeline(pipelineId: string): void {
  try {
    localStorage.setItem(LAST_KEY, pipelineId);
  } catch {
    // As above.
  }
}
