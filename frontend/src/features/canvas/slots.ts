import { createContext, useContext, type ComponentType } from 'react';

export interface SlotProps {
  readonly nodeId: string;
  readonly moduleId: string;
}

/** What other features draw on a node; the canvas only gives them a place. */
export interface CanvasSlots {
  /** A small sign in the node's header. */
  readonly NodeStatus?: ComponentType<SlotProps>;
  /** The lower part of the node: progress, curves, figures. Draws nothing when there is nothing to say. */
  readonly NodeFace?: ComponentType<SlotProps>;
}

const NO_SLOTS: CanvasSlots = {};

export const SlotsContext = createContext<CanvasSlots>(NO_SLOTS);

export function useSlots(): CanvasSlots {
  return useContext(SlotsContext);
}
