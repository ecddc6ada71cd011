import {
  AlignCenterVertical,
  AlignHorizontalDistributeCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalDistributeCenter,
  Cable,
  ClipboardPaste,
  Copy,
  CopyPlus,
  Group,
  Maximize,
  Network,
  PanelRight,
  Pencil,
  Play,
  Plus,
  RefreshCw,
  Scissors,
  Search,
  Square,
  SquareDashed,
  StepForward,
  StickyNote,
  Trash2,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { MenuEntry } from '@/components/ui/Menu';
import { commandStore, runCommand } from '@/lib/commands';
import { documentStore } from '@/lib/document/documentStore';
import { ANNOTATION_COLORS, wireId, type Point } from '@/lib/document/types';
import { canvasUi } from './canvasUi';
import { shownShortcut } from './shownShortcut';

/** What a right click was on. */
export type MenuPlace =
  | { readonly kind: 'canvas' }
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'wire'; readonly id: string; readonly client: Point }
  | { readonly kind: 'annotation'; readonly id: string };

/** What was meant: the node, wire or canvas under the pointer. It becomes the selection unless it is part of it. */
export function choosePlace(target: EventTarget | null, client: Point): MenuPlace {
  const element =
    target instanceof Element ? target.closest<HTMLElement>('.react-flow__node, .react-flow__edge') : null;
  const id = element?.dataset.id;
  const { nodes, selection, selectedWires, selectedAnnotations, select } = documentStore.getState();
  if (!element || id === undefined) return { kind: 'canvas' };
  if (element.classList.contains('react-flow__edge')) {
    if (!selectedWires.has(id)) select([], [id]);
    return { kind: 'wire', id, client };
  }
  if (!nodes[id]) {
    if (!selectedAnnotations.has(id)) select([], [], [id]);
    return { kind: 'annotation', id };
  }
  if (!selection.has(id)) select([id]);
  return { kind: 'node', id };
}

/** The lines of the menu for a place. */
export function menuEntries(place: MenuPlace, readOnly: boolean): MenuEntry[] {
  if (readOnly) {
    const view = [entry('fit', <Maximize />), entry('find', <Search />)];
    if (place.kind !== 'node') return view;
    return [entry('inspect', <PanelRight />), 'separator', ...view];
  }
  if (place.kind === 'wire') return wireEntries(place.id, place.client);
  if (place.kind === 'annotation') return annotationEntries(place.id);
  if (place.kind === 'node') return nodeEntries(place.id);
  return [
    entry('quick-add', <Plus />),
    entry('add-note', <StickyNote />),
    entry('add-section', <Group />),
    entry('paste', <ClipboardPaste />),
    'separator',
    entry('select-all', <SquareDashed />),
    entry('find', <Search />),
    'separator',
    entry('tidy', <Network />),
    entry('fit', <Maximize />),
  ];
}

function nodeEntries(id: string): MenuEntry[] {
  const { selection, nodes, setRegenerateOutput, batch } = documentStore.getState();
  const ids = selection.has(id) ? [...selection] : [id];
  const always = ids.every((one) => nodes[one]?.regenerate_output === true);
  return [
    ...(ids.length === 1
      ? [entry('inspect', <PanelRight />), entry('rename', <Pencil />)]
      : [{ heading: `${ids.length} nodes` }]),
    {
      label: 'Run every time',
      icon: <RefreshCw />,
      checked: always,
      onSelect: () => {
        batch(always ? 'Reuse outputs again' : 'Run every time', () => {
          for (const one of ids) setRegenerateOutput(one, !always);
        });
      },
    },
    ...runEntries(),
    'separator',
    entry('cut', <Scissors />),
    entry('copy', <Copy />),
    entry('duplicate', <CopyPlus />),
    entry('duplicate-with-inputs', <CopyPlus />),
    ...(ids.length > 1 ? arrangeEntries(ids.length) : []),
    'separator',
    entry('add-section', <Group />),
    'separator',
    entry('delete', <Trash2 />, 'Delete', true),
    entry('delete-heal', <Trash2 />, undefined, true),
  ];
}

function arrangeEntries(count: number): MenuEntry[] {
  return [
    'separator',
    ...(count === 2 ? [entry('join-selected', <Cable />)] : []),
    entry('align-left', <AlignStartVertical />),
    entry('align-centre', <AlignCenterVertical />),
    entry('align-top', <AlignStartHorizontal />),
    ...(count > 2
      ? [
          entry('distribute-across', <AlignHorizontalDistributeCenter />),
          entry('distribute-downwards', <AlignVerticalDistributeCenter />),
        ]
      : []),
    entry('tidy', <Network />, 'Tidy the selection'),
  ];
}

function annotationEntries(id: string): MenuEntry[] {
  const { annotations, selectedAnnotations, setAnnotationColor } = documentStore.getState();
  const color = annotations.find((one) => one.id === id)?.color;
  return [
    entry('rename', <Pencil />, 'Edit the text'),
    'separator',
    { heading: 'Colour' },
    ...ANNOTATION_COLORS.map((one) => ({
      label: one.charAt(0).toUpperCase() + one.slice(1),
      checked: one === color,
      onSelect: () => setAnnotationColor(selectedAnnotations, one),
    })),
    'separator',
    entry('cut', <Scissors />),
    entry('copy', <Copy />),
    entry('duplicate', <CopyPlus />),
    'separator',
    entry('delete', <Trash2 />, 'Delete', true),
  ];
}

/** What the page can do with the selected nodes in a run; the canvas alone can't. */
function runEntries(): MenuEntry[] {
  const known = commandStore.getState().commands;
  const entries: [string, ReactNode][] = [
    ['run.until', <StepForward key="until" />],
    ['run.only', <Play key="only" />],
    ['run.cancel-node', <Square key="cancel" />],
  ];
  const able = entries.filter(([id]) => known.has(id) && (id !== 'run.cancel-node' || enabled(id)));
  return able.length === 0 ? [] : ['separator', ...able.map(([id, icon]) => entry(id, icon))];
}

function enabled(commandId: string): boolean {
  return commandStore.getState().commands.get(commandId)?.enabled?.() !== false;
}

function wireEntries(id: string, client: Point): MenuEntry[] {
  const { wires, select } = documentStore.getState();
  const wire = wires.find((one) => wireId(one) === id);
  if (!wire) return [entry('delete', <Trash2 />, 'Delete the wire', true)];
  return [
    {
      label: 'Insert a module…',
      icon: <Plus />,
      // The menu gives the focus back to the canvas when it closes; the list takes it after that.
      onSelect: () => setTimeout(() => canvasUi.setState({ quickAdd: { client, wire } }), 30),
    },
    { label: 'Select where it starts', onSelect: () => select([wire.from[0]]) },
    { label: 'Select where it ends', onSelect: () => select([wire.to[0]]) },
    'separator',
    entry('delete', <Trash2 />, 'Delete the wire', true),
  ];
}

function entry(commandId: string, icon: ReactNode, label?: string, danger = false): MenuEntry {
  const command = commandStore.getState().commands.get(commandId);
  return {
    label: label ?? command?.label ?? commandId,
    icon,
    shortcut: shownShortcut(command),
    disabled: command?.enabled?.() === false,
    danger,
    onSelect: () => {
      runCommand(commandId);
    },
  };
}
