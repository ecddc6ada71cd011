import { useNodesInitialized, useReactFlow, type OnMoveEnd } from '@xyflow/react';
import { useCallback, useEffect, useRef } from 'react';
import { documentStore, useDocument } from '@/lib/document/documentStore';
import { firstSightStands } from '@/lib/firstSight';
import { recallViewport, rememberViewport } from './viewportMemory';

/** Show a pipeline that was just opened: where it was left in this browser, else as a whole. Returns what remembers. */
export function useFirstLook(): OnMoveEnd {
  const flow = useReactFlow();
  const measured = useNodesInitialized();
  const opened = useDocument((state) => state.history.entries[0]);
  const isEmpty = useDocument((state) => state.order.length === 0);
  const looked = useRef<unknown>(null);
  useEffect(() => {
    if (looked.current === opened || (!measured && !isEmpty)) return;
    looked.current = opened;
    const { pipelineId } = documentStore.getState();
    const viewport = isEmpty ? undefined : recallViewport(pipelineId);
    if (viewport) void flow.setViewport(viewport);
    else if (isEmpty) void flow.setViewport({ x: 0, y: 0, zoom: 1 });
    else void flow.fitView({ padding: 0.12, maxZoom: 1 });
    firstSightStands();
  }, [flow, measured, opened, isEmpty]);
  return useCallback<OnMoveEnd>((_, viewport) => {
    const { pipelineId, order } = documentStore.getState();
    if (order.length > 0) rememberViewport(pipelineId, viewport);
  }, []);
}
