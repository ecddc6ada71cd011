import { useStoreApi } from '@xyflow/react';
import { useEffect } from 'react';
import { useDocument } from '@/lib/document/documentStore';

/** Below this zoom nothing but names can be read; below the second, not even those. */
const FAR = 0.45;
const FARTHEST = 0.26;

/**
 * Says on the canvas how much can be seen at all, for the style sheets to leave out the rest: a thousand small shadows
 * and words that nobody can read cost most of a frame. No component is drawn anew, and nothing changes its size.
 */
export function useLevelOfDetail(container: HTMLElement | null): void {
  const store = useStoreApi();
  const opened = useDocument((state) => state.history.entries[0]);
  useEffect(() => {
    if (!container) return;
    // What was never laid out has no size to be remembered: first everything of a pipeline is measured.
    container.removeAttribute('data-settled');
    let frame = 0;
    const look = (frames: number) => {
      if (frames > 2 && store.getState().nodesInitialized) {
        container.setAttribute('data-settled', '');
      } else frame = requestAnimationFrame(() => look(frames + 1));
    };
    look(0);
    return () => cancelAnimationFrame(frame);
  }, [container, opened, store]);
  useEffect(() => {
    if (!container) return;
    let shown = '';
    const look = () => {
      const zoom = store.getState().transform[2];
      const level = zoom < FARTHEST ? 'boxes' : zoom < FAR ? 'titles' : 'all';
      if (level === shown) return;
      shown = level;
      container.setAttribute('data-detail', level);
    };
    look();
    return store.subscribe(look);
  }, [container, store]);
}
