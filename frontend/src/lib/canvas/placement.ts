/** A module on its way from the palette to the canvas, below the pointer. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Point } from '../document/types';

interface Placement {
  readonly moduleId: string;
  readonly client: Point;
  readonly overCanvas: boolean;
}

export const placementStore = createStore<{ readonly placing: Placement | null }>()(() => ({
  placing: null,
}));

export function usePlacement(): Placement | null {
  return useStore(placementStore, (state) => state.placing);
}
