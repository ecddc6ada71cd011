/** Where each pipeline was last looked at in this browser, so that a reload comes back to the same place. */

import type { Viewport } from '@xyflow/react';

const KEY = 'torchwire.viewports';
const MAX = 40;

export function recallViewport(pipelineId: string | null): Viewport | undefined {
  if (pipelineId === null) return undefined;
  const found = read().find(([id]) => id === pipelineId)?.[1];
  const usable = found && [found.x, found.y, found.zoom].every(Number.isFinite) && found.zoom > 0;
  return usable ? found : undefined;
}

export function rememberViewport(pipelineId: string | null, viewport: Viewport): void {
  if (pipelineId === null) return;
  const others = read().filter(([id]) => id !== pipelineId);
  try {
    localStorage.setItem(KEY, JSON.stringify([[pipelineId, viewport], ...others].slice(0, MAX)));
  } catch {
    // Storage may be full or forbidden; then a reload shows the whole pipeline instead.
  }
}

function read(): [string, Viewport][] {
  try {
    const data: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(data) ? (data.filter(Array.isArray) as [string, Viewport][]) : [];
  } catch {
    return [];
  }
}
