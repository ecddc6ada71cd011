import type { Command } from '@/lib/commands';
import { announce } from '@/lib/announce';
import { documentStore, redoLabel, undoLabel } from '@/lib/document/documentStore';
import { wireId } from '@/lib/document/types';
import { canvasUi, toggleMinimap } from './canvasUi';
import { copySelection, cutSelection, pasteFromClipboard } from './clipboard';
import type { Fragment } from '@/lib/document/fragment';
import type { Point } from '@/lib/document/types';

/** What the commands need of the canvas on screen. */
export interface CanvasHands {
  readonly placeFor: (fragment: Fragment) => Point;
  readonly zoomBy: (factor: number) => void;
  readonly zoomTo: (zoom: number) => void;
  readonly fit: () => void;
  readonly fitSelection: () => void;
  readonly tidy: () => void;
  readonly quickAddAtCentre: () => void;
  readonly openInspector: () => void;
}

/** Everything the canvas can do, in the order in which the list of shortcuts shows it. */
export function canvasCommands(hands: CanvasHands): Command[] {
  const doc = documentStore.getState;
  const editable = () => !canvasUi.getState().readOnly;
  const hasSelection = () => doc().selection.size > 0;
  const hasNodes = () => doc().order.length > 0;
  return [
    {
      id: 'undo',
      label: 'Undo',
      group: 'Edit',
      shortcut: ['Mod+Z'],
      enabled: () => editable() && undoLabel(doc()) !== undefined,
      perform: () => {
        announce(`Undone: ${undoLabel(doc()) ?? ''}`);
        doc().undo();
      },
    },
    {
      id: 'redo',
      label: 'Redo',
      group: 'Edit',
      shortcut: ['Mod+Shift+Z', 'Mod+Y'],
      enabled: () => editable() && redoLabel(doc()) !== undefined,
      perform: () => {
        announce(`Redone: ${redoLabel(doc()) ?? ''}`);
        doc().redo();
      },
    },
    {
      id: 'cut',
      label: 'Cut',
      group: 'Edit',
      shortcut: ['Mod+X'],
      native: true,
      enabled: () => editable() && hasSelection(),
      perform: cutSelection,
    },
    {
      id: 'copy',
      label: 'Copy',
      group: 'Edit',
      shortcut: ['Mod+C'],
      native: true,
      enabled: hasSelection,
      perform: copySelection,
    },
    {
      id: 'paste',
      label: 'Paste',
      group: 'Edit',
      shortcut: ['Mod+V'],
      native: true,
      enabled: editable,
      perform: () => pasteFromClipboard(hands.placeFor),
    },
    {
      id: 'duplicate',
      label: 'Duplicate',
      group: 'Edit',
      shortcut: ['Mod+D'],
      enabled: () => editable() && hasSelection(),
      perform: () => {
        doc().duplicate();
      },
    },
    {
      id: 'duplicate-with-inputs',
      label: 'Duplicate with inputs',
      group: 'Edit',
      shortcut: ['Mod+Shift+D'],
      enabled: () => editable() && hasSelection(),
      perform: () => {
        doc().duplicate({ withInputs: true });
      },
    },
    {
      id: 'delete',
      label: 'Delete',
      group: 'Edit',
      shortcut: ['Delete', 'Backspace'],
      scope: 'canvas',
      enabled: () => editable() && (hasSelection() || doc().selectedWires.size > 0 || focused() !== null),
      perform: removeChosen,
    },
    {
      id: 'rename',
      label: 'Rename the node',
      group: 'Edit',
      shortcut: ['F2'],
      scope: 'canvas',
      enabled: () => editable() && doc().selection.size === 1,
      perform: () => {
        const [only] = doc().selection;
        if (only !== undefined) canvasUi.setState({ renaming: only });
      },
    },
    {
      id: 'select-all',
      label: 'Select all',
      group: 'Edit',
      shortcut: ['Mod+A'],
      scope: 'canvas',
      enabled: hasNodes,
      perform: () => {
        doc().selectAll();
      },
    },
    {
      id: 'quick-add',
      label: 'Add a module',
      group: 'Canvas',
      shortcut: ['Shift+A'],
      scope: 'canvas',
      enabled: editable,
      perform: hands.quickAddAtCentre,
    },
    {
      id: 'find',
      label: 'Find a node',
      group: 'Canvas',
      shortcut: ['Mod+F'],
      whileTyping: true,
      enabled: hasNodes,
      perform: () => {
        canvasUi.setState({ finding: true });
      },
    },
    {
      id: 'tidy',
      label: 'Tidy the layout',
      group: 'Canvas',
      shortcut: ['Mod+Shift+L'],
      enabled: () => editable() && hasNodes(),
      perform: hands.tidy,
    },
    {
      id: 'fit',
      label: 'Show the whole pipeline',
      group: 'View',
      shortcut: ['.', 'Shift+1'],
      scope: 'canvas',
      enabled: hasNodes,
      perform: hands.fit,
    },
    {
      id: 'fit-selection',
      label: 'Show the selection',
      group: 'View',
      shortcut: ['Shift+2'],
      scope: 'canvas',
      enabled: hasSelection,
      perform: hands.fitSelection,
    },
    {
      id: 'zoom-in',
      label: 'Zoom in',
      group: 'View',
      shortcut: ['+', '='],
      scope: 'canvas',
      perform: () => {
        hands.zoomBy(1.25);
      },
    },
    {
      id: 'zoom-out',
      label: 'Zoom out',
      group: 'View',
      shortcut: ['-'],
      scope: 'canvas',
      perform: () => {
        hands.zoomBy(0.8);
      },
    },
    {
      id: 'zoom-reset',
      label: 'Zoom to 100 %',
      group: 'View',
      shortcut: ['Shift+0'],
      scope: 'canvas',
      perform: () => {
        hands.zoomTo(1);
      },
    },
    {
      id: 'toggle-minimap',
      label: 'Show or hide the map',
      group: 'View',
      shortcut: ['M'],
      scope: 'canvas',
      perform: toggleMinimap,
    },
    {
      id: 'tool-select',
      label: 'Select by dragging',
      group: 'View',
      shortcut: ['V'],
      scope: 'canvas',
      perform: () => {
        canvasUi.setState({ tool: 'select' });
      },
    },
    {
      id: 'tool-hand',
      label: 'Move the canvas by dragging',
      group: 'View',
      shortcut: ['H'],
      scope: 'canvas',
      perform: () => {
        canvasUi.setState({ tool: 'hand' });
      },
    },
    {
      id: 'inspect',
      label: 'Open the inspector',
      group: 'View',
      shortcut: ['Enter'],
      scope: 'canvas',
      native: true, // what Enter does depends on what has the focus: see useCanvasKeys
      enabled: () => doc().selection.size === 1,
      perform: hands.openInspector,
    },
  ];
}

/** The node or wire that has the keyboard focus. */
function focused(): { kind: 'node' | 'wire'; id: string } | null {
  const element = document.activeElement?.closest<HTMLElement>('.react-flow__node, .react-flow__edge');
  const id = element?.dataset.id;
  if (element === null || element === undefined || id === undefined) return null;
  return { kind: element.classList.contains('react-flow__node') ? 'node' : 'wire', id };
}

function removeChosen(): void {
  const state = documentStore.getState();
  const focus = focused();
  const nothingSelected = state.selection.size === 0 && state.selectedWires.size === 0;
  if (nothingSelected && focus?.kind === 'node') state.removeNodes([focus.id]);
  else if (nothingSelected && focus)
    state.disconnect(state.wires.filter((wire) => wireId(wire) === focus.id));
  else state.removeSelection();
  announce(undoLabel(documentStore.getState()) ?? 'Deleted.');
}
