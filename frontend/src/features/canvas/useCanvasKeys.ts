import { useEffect } from 'react';
import { canvasHasFocus, isTyping } from '@/lib/commands';
import { documentStore } from '@/lib/document/documentStore';
import { canvasUi } from './canvasUi';
import type { CanvasHands } from './commands';
import { wiringStore } from './wiring';

const STEP = 4;
const LEAP = 40;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/** Keys that depend on what has the focus: arrows, Enter, Space and Escape. Everything else is a command. */
export function useCanvasKeys(hands: CanvasHands): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey) return;
      if (event.altKey && ARROWS[event.key] === undefined) return;
      if (isTyping(event.target) || !canvasHasFocus()) return;
      if (document.querySelector('[role="dialog"][data-state="open"], [role="menu"]')) return;
      if (handled(event, hands)) event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => {
      removeEventListener('keydown', onKeyDown);
    };
  }, [hands]);
}

function handled(event: KeyboardEvent, hands: CanvasHands): boolean {
  const state = documentStore.getState();
  const element =
    event.target instanceof HTMLElement || event.target instanceof SVGElement ? event.target : null;
  const id =
    element?.matches('.react-flow__node, .react-flow__edge') === true ? element.dataset.id : undefined;
  const isNode = element?.matches('.react-flow__node') === true;
  // The toolbar and the lists over the canvas have arrow keys of their own.
  const arrow = element?.closest('[data-overlay]') ? undefined : ARROWS[event.key];
  if (arrow && !canvasUi.getState().readOnly) {
    if (id !== undefined && isNode) selectAlone(id);
    const { selection, selectedAnnotations } = documentStore.getState();
    if (selection.size + selectedAnnotations.size === 0 || (id !== undefined && !isNode)) return false;
    const step = event.shiftKey ? LEAP : STEP;
    if (event.altKey) hands.growAnnotation(arrow[0] * step, arrow[1] * step);
    else hands.nudge(arrow[0] * step, arrow[1] * step);
    return true;
  }
  if (event.altKey) return false;
  if (event.key === 'Escape') {
    if (wiringStore.getState().wiring) return false;
    state.clearSelection();
    return true;
  }
  if (event.key === 'Enter' && document.activeElement === document.body && state.selection.size === 1) {
    hands.openInspector();
    return true;
  }
  if (id === undefined || (event.key !== 'Enter' && event.key !== ' ')) return false;
  if (!isNode) {
    state.select([], [id]);
    return true;
  }
  if (state.nodes[id] === undefined) {
    state.select([], [], [id]);
    if (event.key === 'Enter' && !canvasUi.getState().readOnly) canvasUi.setState({ renaming: id });
    return true;
  }
  if (event.key === ' ' && (event.shiftKey || state.selection.has(id))) state.toggleSelected(id);
  else state.select([id]);
  if (event.key === 'Enter') hands.openInspector();
  return true;
}

/** Select a node, note or section unless it is part of the selection. */
function selectAlone(id: string): void {
  const { nodes, selection, selectedAnnotations, select } = documentStore.getState();
  if (selection.has(id) || selectedAnnotations.has(id)) return;
  if (nodes[id]) select([id]);
  else select([], [], [id]);
}
