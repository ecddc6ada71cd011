/** Where a person was in a pipeline: not part of the document, but found again after a reload. */
export interface ViewState {
  readonly selection: readonly string[];
}

const PREFIX = 'torchwire.view.';
const LAST_KEY = 'torchwire.lastPipeline';

export function readView(pipelineId: string): ViewState {
  try {
    const stored = JSON.parse(localStorage.getItem(PREFIX + pipelineId) ?? '{}') as Partial<ViewState>;
    return { selection: stored.selection ?? [] };
  } catch {
    return { selection: [] };
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
