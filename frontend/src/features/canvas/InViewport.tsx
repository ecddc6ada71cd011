import { useStoreApi } from '@xyflow/react';
import { useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';

/**
 * Draws in the coordinates of the canvas. The library's own ViewportPortal looks through the whole canvas for its place
 * at every step of a drag; this one looks once.
 */
export function InViewport({ children }: { children: ReactNode }) {
  const store = useStoreApi();
  const [place] = useState(() => store.getState().domNode?.querySelector('.react-flow__viewport-portal'));
  return place ? createPortal(children, place) : null;
}
