import { canvasApi } from '@/lib/canvas/canvasApi';
import { placementStore } from '@/lib/canvas/placement';
import type { Point } from '@/lib/document/types';

/** A press that moves less than this is a click. */
const DRAG_DISTANCE = 5;

/** Follow a press on a palette row: once it moves, the module hangs on the pointer until it is let go or Escape. */
export function dragToCanvas(event: PointerEvent, moduleId: string): void {
  // A finger that moves over the list scrolls it; by touch, modules are added by a double tap.
  if (event.button !== 0 || event.pointerType === 'touch') return;
  const began: Point = [event.clientX, event.clientY];
  const abort = new AbortController();
  const { signal } = abort;
  let dragging = false;
  const stop = () => {
    abort.abort();
    placementStore.setState({ placing: null });
    document.body.style.removeProperty('cursor');
    document.body.style.removeProperty('user-select');
  };
  const move = (moved: PointerEvent) => {
    const client: Point = [moved.clientX, moved.clientY];
    if (!dragging && Math.hypot(client[0] - began[0], client[1] - began[1]) < DRAG_DISTANCE) return;
    if (!dragging) {
      dragging = true;
      document.body.style.cursor = 'grabbing';
      document.body.style.userSelect = 'none';
    }
    placementStore.setState({
      placing: { moduleId, client, overCanvas: canvasApi()?.covers(client) ?? false },
    });
  };
  const drop = (dropped: PointerEvent) => {
    stop();
    if (dragging) canvasApi()?.addAtPointer(moduleId, [dropped.clientX, dropped.clientY]);
  };
  addEventListener('pointermove', move, { signal });
  addEventListener('pointerup', drop, { signal });
  addEventListener('pointercancel', stop, { signal });
  addEventListener('blur', stop, { signal });
  addEventListener(
    'keydown',
    (pressed) => {
      if (pressed.key !== 'Escape' || !dragging) return;
      pressed.stopPropagation();
      stop();
    },
    { capture: true, signal },
  );
}
