/** What is open on the canvas at the moment. None of it is saved with the document. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { WireEnd } from '@/lib/document/rules';
import type { DocumentWire, Point } from '@/lib/document/types';

export type Tool = 'select' | 'hand';

export interface QuickAddRequest {
  /** Where the list opens, in the window. */
  readonly client: Point;
  /** The port that the new node is to be joined to. */
  readonly end?: WireEnd;
  /** The wire that the new node is to be led into. */
  readonly wire?: DocumentWire;
}

interface CanvasUi {
  readonly quickAdd: QuickAddRequest | null;
  readonly finding: boolean;
  readonly minimap: boolean;
  readonly tool: Tool;
  /** The node, note or section whose text is being edited. */
  readonly renaming: string | null;
  readonly readOnly: boolean;
}

const MINIMAP_KEY = 'torchwire.minimap';

export const canvasUi = createStore<CanvasUi>()(() => ({
  quickAdd: null,
  finding: false,
  minimap: remembered(MINIMAP_KEY) !== 'off',
  tool: matchMedia('(pointer: coarse)').matches ? 'hand' : 'select',
  renaming: null,
  readOnly: false,
}));

export function useCanvasUi<T>(selector: (state: CanvasUi) => T): T {
  return useStore(canvasUi, selector);
}

export function toggleMinimap(): void {
  const minimap = !canvasUi.getState().minimap;
  canvasUi.setState({ minimap });
  try {
    localStorage.setItem(MINIMAP_KEY, minimap ? 'on' : 'off');
  } catch {
    // Storage may be full or forbidden; the choice then lasts until the page is left.
  }
}

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
