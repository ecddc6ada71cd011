import type { Command } from '@/lib/commands';
import { announce } from '@/lib/announce';
import { documentStore, redoLabel, undoLabel } from '@/lib/document/documentStore';
import { wireId } from '@/lib/document/types';
import { canvasUi, toggleMinimap } from './canvasUi';
import { copySelection, cutSelection, pasteFromClipboard } from './clipboard';
import type { Fragment } from '@/lib/document/fragment';
import type { Side } from '@/lib/document/align';
import type { Annotation, Point } from '@/lib/document/types';

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
  /** Add a note, or a section around what is selected, and write its text. */
  readonly annotate: (kind: Annotation['kind']) => void;
  readonly align: (side: Side) => void;
  readonly distribute: (axis: 0 | 1) => void;
  readonly nudge: (dx: number, dy: number) => void;
  readonly growAnnotation: (dx: number, dy: number) => void;
  /** Move the focus to another node; returns whether there is one. */
  readonly step: (towards: Step) => boolean;
  readonly joinSelected: () => void;
}

/** Along the wires, or in reading order. */
export type Step = 'downstream' | 'upstream' | 'next' | 'previous';

const ALIGNMENTS: readonly [Side, label: string, shortcut: string][] = [
  ['left', 'Align left edges', 'Alt+A'],
  ['centre', 'Align middles across', 'Alt+H'],
  ['right', 'Align right edges', 'Alt+D'],
  ['top', 'Align upper edges', 'Alt+W'],
  ['middle', 'Align middles downwards', 'Alt+V'],
  ['bottom', 'Align lower edges', 'Alt+S'],
];

const STEPS: readonly [Step, label: string, shortcut: string][] = [
  ['downstream', 'Go to what the node feeds', 'Mod+ArrowDown'],
  ['upstream', 'Go to what feeds the node', 'Mod+ArrowUp'],
  ['next', 'Go to the next node', 'Mod+ArrowRight'],
  ['previous', 'Go to the previous node', 'Mod+ArrowLeft'],
];

/** Everything the canvas can do, in the order in which the list of shortcuts shows it. */
export function canvasCommands(hands: CanvasHands): Command[] {
  const doc = documentStore.getState;
  const editable = () => !canvasUi.getState().readOnly;
  const chosen = () => doc().selection.size + doc().selectedAnnotations.size;
  const hasSelection = () => chosen() > 0;
  const hasNodes = () => doc().order.length > 0;
  return [
    {
      id: 'undo',
      label: 'Undo',
      group: 'Edit',
      shortcut: ['Mod+Z'],
      inDraftFields: true,
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
      inDraftFields: true,
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
      perform: () => removeChosen(false),
    },
    {
      id: 'delete-heal',
      label: 'Delete and join the rest',
      group: 'Edit',
      shortcut: ['Mod+Delete', 'Mod+Backspace'],
      scope: 'canvas',
      enabled: () => editable() && (doc().selection.size > 0 || focused()?.kind === 'node'),
      perform: () => removeChosen(true),
    },
    {
      id: 'rename',
      label: 'Rename',
      group: 'Edit',
      shortcut: ['F2'],
      scope: 'canvas',
      enabled: () => editable() && chosen() === 1,
      perform: () => {
        const [only] = [...doc().selection, ...doc().selectedAnnotations];
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
      id: 'join-selected',
      label: 'Join the two selected nodes',
      group: 'Canvas',
      shortcut: ['J'],
      scope: 'canvas',
      enabled: () => editable() && doc().selection.size === 2,
      perform: hands.joinSelected,
    },
    {
      id: 'add-note',
      label: 'Add a note',
      group: 'Canvas',
      shortcut: ['Shift+N'],
      scope: 'canvas',
      enabled: editable,
      perform: () => hands.annotate('note'),
    },
    {
      id: 'add-section',
      label: 'Add a section around the selection',
      group: 'Canvas',
      shortcut: ['Mod+G'],
      scope: 'canvas',
      enabled: editable,
      perform: () => hands.annotate('section'),
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
    ...ALIGNMENTS.map(([side, label, shortcut]): Command => ({
      id: `align-${side}`,
      label,
      group: 'Arrange',
      shortcut: [shortcut],
      scope: 'canvas',
      enabled: () => editable() && chosen() > 1,
      perform: () => hands.align(side),
    })),
    ...(['across', 'downwards'] as const).map((way, axis): Command => ({
      id: `distribute-${way}`,
      label: `Space out ${way}`,
      group: 'Arrange',
      shortcut: [axis === 0 ? 'Alt+Shift+H' : 'Alt+Shift+V'],
      scope: 'canvas',
      enabled: () => editable() && chosen() > 2,
      perform: () => hands.distribute(axis === 0 ? 0 : 1),
    })),
    ...STEPS.map(([towards, label, shortcut]): Command => ({
      id: `step-${towards}`,
      label,
      group: 'Move along',
      shortcut: [shortcut],
      scope: 'canvas',
      enabled: hasNodes,
      perform: () => void hands.step(towards),
    })),
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

function removeChosen(heal: boolean): void {
  const state = documentStore.getState();
  const focus = focused();
  const nothingSelected =
    state.selection.size + state.selectedWires.size + state.selectedAnnotations.size === 0;
  if (nothingSelected && focus?.kind === 'node') {
    if (state.nodes[focus.id]) state.select([focus.id]);
    else state.select([], [], [focus.id]);
    documentStore.getState().removeSelection({ heal });
  } else if (nothingSelected && focus)
    state.disconnect(state.wires.filter((wire) => wireId(wire) === focus.id));
  else state.removeSelection({ heal });
  announce(`Done: ${undoLabel(documentStore.getState()) ?? 'Delete'}`);
}
