/** What other parts of the page may ask of the canvas. The canvas on screen answers; without one nothing happens. */

import type { Point } from '../document/types';

export interface CanvasApi {
  /** Bring a node into view and select it; `focus` also moves the keyboard focus to it. */
  readonly reveal: (nodeId: string, options?: { focus?: boolean; select?: boolean }) => void;
  /** Add a module in the middle of what is seen. */
  readonly addAtCentre: (moduleId: string) => string;
  /** Add a module where the pointer is; false when that is not on the canvas. */
  readonly addAtPointer: (moduleId: string, client: Point) => boolean;
  readonly covers: (client: Point) => boolean;
  readonly fit: () => void;
  readonly tidy: () => void;
  readonly zoom: () => number;
}

let current: CanvasApi | null = null;

export function registerCanvas(api: CanvasApi): () => void {
  current = api;
  return () => {
    if (current === api) current = null;
  };
}

export function canvasApi(): CanvasApi | null {
  return current;
}

/** Bring a node into view and select it. */
export function revealNode(nodeId: string, options?: { focus?: boolean; select?: boolean }): void {
  current?.reveal(nodeId, options);
}
