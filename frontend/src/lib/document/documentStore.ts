/** The open pipeline: its nodes, wires and settings, the selection, and undo. The one home of that state. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { catalogStore, nodeTitle } from '../modules/catalog';
import { NOTE_SIZE, SECTION_SIZE, type Box } from './annotations';
import { boundsOf, cutOut, placedIn, readAnnotations, renamed, type Fragment } from './fragment';
import { record, seal, selectedAt, startHistory, type History, type Selection } from './history';
import { canConnect, type Verdict } from './rules';
import { healed, spliceFor, throughNode } from './splice';
import {
  samePort,
  wireId,
  type Annotation,
  type DocumentContent,
  type DocumentNode,
  type DocumentWire,
  type ParameterValue,
  type PipelineDocument,
  type Point,
  type PortRef,
  type Resources,
} from './types';

/** What moved the document last; the canvas glides nodes to where layout, undo and redo put them. */
export type ChangeKind = 'load' | 'edit' | 'layout' | 'travel';

export interface OpenRecord {
  readonly id: string | null;
  readonly revision: number;
  readonly document: PipelineDocument;
}

export interface AddNodeOptions {
  /** Join the new node to this port of another, by the port of its own that is named. */
  readonly join?:
    { readonly from: PortRef; readonly toPort: string } | { readonly fromPort: string; readonly to: PortRef };
  /** Lead this wire through the new node, where its ports allow it. */
  readonly onWire?: DocumentWire;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
}

export interface DocumentState extends DocumentContent, Selection {
  readonly pipelineId: string | null;
  readonly revision: number;
  /** Counts the edits since the document was opened: what autosave watches. */
  readonly changes: number;
  readonly lastChange: ChangeKind;
  readonly history: History;
  /** The run whose document stands here to be looked at, and the draft that waits behind it, not to be edited. */
  readonly viewing: string | null;
  readonly draft: DocumentContent | null;

  load: (opened: OpenRecord) => void;
  /** Put another document in place of this one, as a step that can be undone (import, restore, clear). */
  replace: (document: PipelineDocument, label: string) => void;
  markSaved: (saved: { id: string; revision: number }) => void;
  /** The draft as a document, also while a run's document is looked at. */
  toDocument: () => PipelineDocument;
  /** Show the document of a run in place of the draft, which nothing can change until `endView`. */
  view: (runId: string, document: PipelineDocument) => void;
  endView: () => void;

  addNode: (moduleId: string, position: Point, options?: AddNodeOptions) => string;
  /** `heal` joins what fed the nodes to what they fed, where the types fit. */
  removeNodes: (ids: Iterable<string>, options?: { heal?: boolean }) => void;
  removeSelection: (options?: { heal?: boolean }) => void;
  /** Join two ports if the rules allow it; an occupied input's wire is replaced. */
  connect: (from: PortRef, to: PortRef) => Verdict;
  /** Move a wire's end; the answer is the rules' verdict on the new wire. */
  reroute: (wire: DocumentWire, from: PortRef, to: PortRef) => Verdict;
  disconnect: (wires: readonly DocumentWire[]) => void;
  /** Lead a wire through a node that is on the canvas already, moved to `position`. Returns whether it fits. */
  insertIntoWire: (nodeId: string, wire: DocumentWire, position: Point) => boolean;
  /** Move nodes, notes and sections. */
  moveNodes: (positions: ReadonlyMap<string, Point>) => void;
  /** Move what is selected, and `also`, by a step; a held arrow key is one step of undo. */
  nudge: (dx: number, dy: number, also?: Iterable<string>) => void;
  /** Move nodes by a command; the canvas glides them there. `boxes` are annotations that change with them. */
  applyLayout: (
    positions: ReadonlyMap<string, Point>,
    label?: string,
    boxes?: ReadonlyMap<string, Box>,
  ) => void;

  addAnnotation: (kind: Annotation['kind'], box?: Partial<Box>) => string;
  setAnnotationText: (id: string, text: string) => void;
  setAnnotationColor: (ids: Iterable<string>, color: Annotation['color']) => void;
  resizeAnnotation: (id: string, box: Box) => void;

  setParameter: (nodeId: string, parameterId: string, value: ParameterValue) => void;
  resetParameter: (nodeId: string, parameterId: string) => void;
  resetParameters: (nodeId: string) => void;
  setLabel: (nodeId: string, label: string) => void;
  setComment: (nodeId: string, comment: string) => void;
  setComputeTarget: (nodeId: string, target: string | null) => void;
  setResources: (nodeId: string, resources: Resources) => void;
  setRegenerateOutput: (nodeId: string, regenerate: boolean) => void;
  setName: (name: string) => void;
  setDescription: (description: string) => void;
  setDefaultComputeTarget: (target: string) => void;

  paste: (fragment: Fragment, at?: Point) => string[];
  /** Copy the selected nodes beside themselves; `withInputs` also wires the copies to what fed the originals. */
  duplicate: (options?: { withInputs?: boolean }) => string[];
  /** Do several edits as one step of undo. */
  batch: (label: string, edits: () => void) => void;

  select: (ids: Iterable<string>, wires?: Iterable<string>, annotations?: Iterable<string>) => void;
  toggleSelected: (id: string) => void;
  selectAll: () => void;
  clearSelection: () => void;

  undo: () => void;
  redo: () => void;
  jumpTo: (index: number) => void;
  /** End a burst of typing: call it when a field loses focus. */
  endBurst: () => void;
}

const EMPTY: DocumentContent = {
  name: 'Untitled pipeline',
  description: '',
  defaultComputeTarget: 'local-cpu',
  nodes: {},
  order: [],
  wires: [],
  annotations: [],
};

const NOTHING: ReadonlySet<string> = new Set();
const NONE_SELECTED: Selection = {
  selection: NOTHING,
  selectedWires: NOTHING,
  selectedAnnotations: NOTHING,
};
const PASTE_OFFSET = 40;

export const documentStore = createStore<DocumentState>()((set, get) => {
  /** Ids given out since the document was opened. Never used again, so that a run's states can't land on a newcomer. */
  const taken = new Set<string>();
  let batching = false;
  /** What `view` has put aside with the draft. */
  let aside: (Selection & Pick<DocumentState, 'history'>) | null = null;

  function freshId(moduleId: string): string {
    const stem = moduleId.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'node';
    let id = stem;
    for (let n = 2; taken.has(id); n += 1) id = `${stem}-${n}`;
    taken.add(id);
    return id;
  }

  function titleOf(nodeId: string): string {
    const { nodes, annotations } = get();
    const node = nodes[nodeId];
    if (node) return nodeTitle(node, catalogStore.getState().modules);
    const annotation = annotations.find(({ id }) => id === nodeId);
    return annotation ? annotationTitle(annotation) : nodeId;
  }

  /** A single thing by its name, several by their number. */
  function whatOf(ids: Iterable<string>): string {
    const [first, ...others] = ids;
    if (first === undefined) return 'nothing';
    if (others.length === 0) return titleOf(first);
    const { nodes } = get();
    const onlyNodes = [first, ...others].every((id) => nodes[id] !== undefined);
    return `${others.length + 1} ${onlyNodes ? 'nodes' : 'items'}`;
  }

  /** Make `change` part of the document and of its history, and `select` what is selected then. */
  function edit(
    label: string,
    change: Partial<DocumentContent>,
    how: { key?: string; kind?: ChangeKind; select?: Partial<Selection>; selectedBefore?: Selection } = {},
  ): void {
    const before = get();
    if (before.viewing !== null) return;
    const content = { ...contentOf(before), ...change };
    const after = how.select ? { ...NONE_SELECTED, ...how.select } : prunedSelection(before, content);
    if (batching) {
      set({ ...change, ...after });
      return;
    }
    const first = how.selectedBefore ?? selectionOf(before);
    const history = record(before.history, {
      label,
      time: Date.now(),
      content,
      key: how.key,
      ...(!sameSelection(first, after) && { selected: { before: first, after } }),
    });
    set({
      ...change,
      ...after,
      history,
      changes: before.changes + 1,
      lastChange: how.kind ?? 'edit',
    });
  }

  function editNode(nodeId: string, label: string, change: Partial<DocumentNode>, key?: string): void {
    const { nodes } = get();
    const node = nodes[nodeId];
    if (node) edit(label, { nodes: { ...nodes, [nodeId]: { ...node, ...change } } }, { key });
  }

  function editAnnotation(id: string, label: string, change: Partial<Annotation>, key?: string): void {
    const annotations = get().annotations.map((one) => (one.id === id ? { ...one, ...change } : one));
    edit(label, { annotations }, { key });
  }

  function travel(index: number): void {
    const { history, changes } = get();
    const entry = history.entries[index];
    if (!entry || index === history.cursor || get().viewing !== null) return;
    set({
      ...entry.content,
      ...prunedSelection(selectedAt(history, index) ?? get(), entry.content),
      history: { ...seal(history), cursor: index },
      changes: changes + 1,
      lastChange: 'travel',
    });
  }

  function insert(fragment: Fragment, label: string): string[] {
    const { nodes, order, wires, annotations } = get();
    const ids = fragment.nodes.map((node) => node.id);
    const added = fragment.annotations.map(({ id }) => id);
    edit(
      label,
      {
        annotations: [...annotations, ...fragment.annotations],
        nodes: { ...nodes, ...Object.fromEntries(fragment.nodes.map((node) => [node.id, node])) },
        order: [...order, ...ids],
        wires: [...wires, ...fragment.wires],
      },
      { select: { selection: new Set(ids), selectedAnnotations: new Set(added) } },
    );
    return [...ids, ...added];
  }

  return {
    ...EMPTY,
    pipelineId: null,
    revision: 0,
    changes: 0,
    lastChange: 'load',
    ...NONE_SELECTED,
    history: startHistory('Opened', EMPTY, Date.now()),
    viewing: null,
    draft: null,

    load: ({ id, revision, document }) => {
      const content = contentFrom(document);
      taken.clear();
      for (const nodeId of idsOf(content)) taken.add(nodeId);
      set({
        ...content,
        pipelineId: id,
        revision,
        changes: 0,
        lastChange: 'load',
        ...NONE_SELECTED,
        history: startHistory('Opened', content, Date.now()),
        viewing: null,
        draft: null,
      });
    },

    replace: (document, label) => {
      const content = contentFrom(document);
      for (const nodeId of idsOf(content)) taken.add(nodeId);
      edit(label, content);
    },

    markSaved: ({ id, revision }) => {
      set({ pipelineId: id, revision });
    },

    toDocument: () => documentOf(get().draft ?? get()),

    view: (runId, document) => {
      const state = get();
      if (state.viewing === null) aside = { history: state.history, ...selectionOf(state) };
      const content = contentFrom(document);
      set({
        ...content,
        ...prunedSelection(state, content),
        draft: state.draft ?? contentOf(state),
        viewing: runId,
        lastChange: 'load',
        history: startHistory('As it ran', content, Date.now()),
      });
    },

    endView: () => {
      const { draft } = get();
      if (draft === null) return;
      set({ ...draft, ...aside, viewing: null, draft: null, lastChange: 'load' });
      aside = null;
    },

    addNode: (moduleId, position, options = {}) => {
      const { nodes, order, wires } = get();
      const { modules } = catalogStore.getState();
      const id = freshId(moduleId);
      const node: DocumentNode = {
        id,
        module: moduleId,
        version: modules.get(moduleId)?.version ?? 1,
        label: '',
        comment: '',
        parameters: options.parameters ?? {},
        compute_target: null,
        resources: { node_count: 1, process_count_per_node: 1 },
        regenerate_output: false,
        position: rounded(position),
      };
      const joined = options.join && wireOf(id, options.join);
      const spec = modules.get(moduleId);
      const splice = options.onWire && spec && spliceFor(get(), modules, options.onWire, spec);
      let joinedWires = wires;
      if (joined) joinedWires = [...wires.filter((wire) => !samePort(wire.to, joined.to)), joined];
      else if (options.onWire && splice) joinedWires = throughNode(wires, options.onWire, id, splice);
      edit(
        `${splice ? 'Insert' : 'Add'} ${nodeTitle(node, modules)}`,
        { nodes: { ...nodes, [id]: node }, order: [...order, id], wires: joinedWires },
        { select: { selection: new Set([id]) } },
      );
      return id;
    },

    removeNodes: (ids, { heal = false } = {}) => {
      const { nodes, order, wires } = get();
      const gone = new Set([...ids].filter((id) => nodes[id] !== undefined));
      const [first] = gone;
      if (first === undefined) return;
      const what = gone.size === 1 ? titleOf(first) : `${gone.size} nodes`;
      edit(heal ? `Delete ${what} and join the rest` : `Delete ${what}`, {
        nodes: Object.fromEntries(Object.entries(nodes).filter(([id]) => !gone.has(id))),
        order: order.filter((id) => !gone.has(id)),
        wires: heal
          ? healed(get(), catalogStore.getState().modules, gone)
          : wires.filter((wire) => !gone.has(wire.from[0]) && !gone.has(wire.to[0])),
      });
    },

    removeSelection: (options) => {
      const { selection, selectedWires, selectedAnnotations, wires, removeNodes, disconnect, batch } = get();
      const cut = wires.filter((wire) => selectedWires.has(wireId(wire)));
      if (selectedAnnotations.size === 0 && cut.length === 0) removeNodes(selection, options);
      else if (selectedAnnotations.size === 0 && selection.size === 0) disconnect(cut);
      else {
        const [only] = selectedAnnotations;
        const alone = selection.size + cut.length === 0 && selectedAnnotations.size === 1;
        batch(alone && only !== undefined ? `Delete ${titleOf(only)}` : 'Delete the selection', () => {
          disconnect(cut);
          removeNodes(selection, options);
          edit('', { annotations: get().annotations.filter(({ id }) => !selectedAnnotations.has(id)) });
        });
      }
    },

    connect: (from, to) => {
      const { wires } = get();
      const verdict = canConnect(get(), catalogStore.getState().modules, from, to);
      if (verdict.ok) {
        edit(`Join ${titleOf(from[0])} to ${titleOf(to[0])}`, {
          wires: [...wires.filter((wire) => !samePort(wire.to, to)), { from, to }],
        });
      }
      return verdict;
    },

    reroute: (wire, from, to) => {
      const { nodes } = get();
      const others = get().wires.filter((other) => wireId(other) !== wireId(wire));
      const verdict = canConnect({ nodes, wires: others }, catalogStore.getState().modules, from, to);
      if (verdict.ok && !(samePort(wire.from, from) && samePort(wire.to, to))) {
        edit(`Move a wire to ${titleOf(samePort(wire.to, to) ? from[0] : to[0])}`, {
          wires: [...others.filter((other) => !samePort(other.to, to)), { from, to }],
        });
      }
      return verdict;
    },

    disconnect: (cut) => {
      const gone = new Set(cut.map(wireId));
      const wires = get().wires.filter((wire) => !gone.has(wireId(wire)));
      const removed = get().wires.length - wires.length;
      const first = cut[0];
      if (removed === 0 || !first) return;
      const label =
        removed === 1
          ? `Delete the wire from ${titleOf(first.from[0])} to ${titleOf(first.to[0])}`
          : `Delete ${removed} wires`;
      edit(label, { wires });
    },

    insertIntoWire: (nodeId, wire, position) => {
      const { nodes, wires } = get();
      const { modules } = catalogStore.getState();
      const spec = modules.get(nodes[nodeId]?.module ?? '');
      const splice = spec && spliceFor(get(), modules, wire, spec);
      if (!splice) return false;
      edit(`Insert ${titleOf(nodeId)} into a wire`, {
        ...moved(get(), new Map([[nodeId, position]])),
        wires: throughNode(wires, wire, nodeId, splice),
      });
      return true;
    },

    moveNodes: (positions) => {
      const change = moved(get(), positions);
      if (change) edit(`Move ${whatOf(positions.keys())}`, change);
    },

    nudge: (dx, dy, also = []) => {
      const { nodes, annotations, selection, selectedAnnotations } = get();
      const ids = [...new Set([...selection, ...selectedAnnotations, ...also])].sort();
      const positions = ids.flatMap((id): [string, Point][] => {
        const item = nodes[id] ?? annotations.find((one) => one.id === id);
        return item ? [[id, [item.position[0] + dx, item.position[1] + dy]]] : [];
      });
      const change = moved(get(), new Map(positions));
      if (change) edit(`Move ${whatOf(ids)}`, change, { key: `nudge:${ids.join(',')}` });
    },

    applyLayout: (positions, label = 'Tidy the layout', boxes = new Map()) => {
      const change = moved(get(), positions);
      const annotations = (change?.annotations ?? get().annotations).map((one) => {
        const box = boxes.get(one.id);
        return box ? { ...one, position: rounded(box.position), size: rounded(box.size) } : one;
      });
      if (change || boxes.size > 0) edit(label, { ...change, annotations }, { kind: 'layout' });
    },

    addAnnotation: (kind, box = {}) => {
      const id = freshId(kind);
      const annotation: Annotation = {
        id,
        kind,
        text: '',
        position: rounded(box.position ?? [0, 0]),
        size: rounded(box.size ?? (kind === 'note' ? NOTE_SIZE : SECTION_SIZE)),
        color: kind === 'note' ? 'yellow' : 'grey',
      };
      edit(
        kind === 'note' ? 'Add a note' : 'Add a section',
        { annotations: [...get().annotations, annotation] },
        { select: { selectedAnnotations: new Set([id]) } },
      );
      return id;
    },

    setAnnotationText: (id, text) => {
      const before = get().annotations.find((one) => one.id === id);
      if (!before || before.text === text) return;
      const label = before.kind === 'note' ? 'Write a note' : `Name ${annotationTitle({ ...before, text })}`;
      editAnnotation(id, label, { text }, `annotation:${id}`);
    },

    setAnnotationColor: (ids, color) => {
      const wanted = new Set(ids);
      const changed = get().annotations.filter((one) => wanted.has(one.id) && one.color !== color);
      if (changed.length === 0) return;
      edit(`Colour ${whatOf(wanted)}`, {
        annotations: get().annotations.map((one) => (wanted.has(one.id) ? { ...one, color } : one)),
      });
    },

    resizeAnnotation: (id, box) => {
      const before = get().annotations.find((one) => one.id === id);
      const [position, size] = [rounded(box.position), rounded(box.size)];
      if (!before || (samePoint(before.position, position) && samePoint(before.size, size))) return;
      editAnnotation(id, `Resize ${titleOf(id)}`, { position, size }, `resize:${id}`);
    },

    setParameter: (nodeId, parameterId, value) => {
      const node = get().nodes[nodeId];
      if (!node || (Object.hasOwn(node.parameters, parameterId) && node.parameters[parameterId] === value))
        return;
      const spec = catalogStore.getState().modules.get(node.module);
      const parameter = spec?.parameters.find((candidate) => candidate.id === parameterId);
      const isDefault = parameter !== undefined && !parameter.required && parameter.default === value;
      const parameters = isDefault
        ? without(node.parameters, parameterId)
        : { ...node.parameters, [parameterId]: value };
      if (isDefault && !Object.hasOwn(node.parameters, parameterId)) return;
      const label = `Set ${parameter?.label ?? parameterId} of ${titleOf(nodeId)}`;
      editNode(nodeId, label, { parameters }, `parameter:${nodeId}:${parameterId}`);
    },

    resetParameter: (nodeId, parameterId) => {
      const node = get().nodes[nodeId];
      if (!node || !Object.hasOwn(node.parameters, parameterId)) return;
      const spec = catalogStore.getState().modules.get(node.module);
      const label = spec?.parameters.find((candidate) => candidate.id === parameterId)?.label ?? parameterId;
      editNode(nodeId, `Reset ${label} of ${titleOf(nodeId)}`, {
        parameters: without(node.parameters, parameterId),
      });
    },

    resetParameters: (nodeId) => {
      const node = get().nodes[nodeId];
      if (!node || Object.keys(node.parameters).length === 0) return;
      editNode(nodeId, `Reset the parameters of ${titleOf(nodeId)}`, { parameters: {} });
    },

    setLabel: (nodeId, label) => {
      if (get().nodes[nodeId]?.label !== label)
        editNode(nodeId, `Rename ${titleOf(nodeId)}`, { label }, `label:${nodeId}`);
    },

    setComment: (nodeId, comment) => {
      if (get().nodes[nodeId]?.comment === comment) return;
      editNode(nodeId, `Comment on ${titleOf(nodeId)}`, { comment }, `comment:${nodeId}`);
    },

    setComputeTarget: (nodeId, target) => {
      if (get().nodes[nodeId]?.compute_target === target) return;
      editNode(nodeId, `Set the compute target of ${titleOf(nodeId)}`, { compute_target: target });
    },

    setResources: (nodeId, resources) => {
      editNode(nodeId, `Set the resources of ${titleOf(nodeId)}`, { resources }, `resources:${nodeId}`);
    },

    setRegenerateOutput: (nodeId, regenerate) => {
      if (get().nodes[nodeId]?.regenerate_output === regenerate) return;
      const label = `${regenerate ? 'Always run' : 'Reuse outputs of'} ${titleOf(nodeId)}`;
      editNode(nodeId, label, { regenerate_output: regenerate });
    },

    setName: (name) => {
      if (get().name !== name) edit('Rename the pipeline', { name }, { key: 'name' });
    },

    setDescription: (description) => {
      if (get().description !== description)
        edit('Describe the pipeline', { description }, { key: 'description' });
    },

    setDefaultComputeTarget: (target) => {
      if (get().defaultComputeTarget !== target)
        edit('Set the default compute target', { defaultComputeTarget: target });
    },

    paste: (fragment, at) => {
      const { x, y } = boundsOf(placedIn(fragment));
      const copy = renamed(fragment, freshId, at ?? [x + PASTE_OFFSET, y + PASTE_OFFSET]);
      return insert(copy, `Paste ${countOf(copy)}`);
    },

    duplicate: ({ withInputs = false } = {}) => {
      const state = get();
      const fragment = cutOut(state, new Set([...state.selection, ...state.selectedAnnotations]));
      if (!fragment) return [];
      const { x, y } = boundsOf(placedIn(fragment));
      const copy = renamed(fragment, freshId, [x + PASTE_OFFSET, y + PASTE_OFFSET]);
      const names = new Map(fragment.nodes.map((node, index) => [node.id, copy.nodes[index]?.id ?? node.id]));
      const incoming = state.wires.flatMap((wire): DocumentWire[] => {
        const to = names.get(wire.to[0]);
        return withInputs && to !== undefined && !names.has(wire.from[0])
          ? [{ from: wire.from, to: [to, wire.to[1]] }]
          : [];
      });
      const label =
        copy.nodes.length === 1 && copy.annotations.length === 0
          ? `Duplicate ${titleOf(fragment.nodes[0]?.id ?? '')}`
          : `Duplicate ${countOf(copy)}`;
      return insert({ ...copy, wires: [...copy.wires, ...incoming] }, label);
    },

    batch: (label, edits) => {
      if (batching) {
        edits();
        return;
      }
      const before = contentOf(get());
      const selectedBefore = selectionOf(get());
      batching = true;
      try {
        edits();
      } finally {
        batching = false;
        if (!sameContent(before, contentOf(get()))) edit(label, {}, { selectedBefore });
      }
    },

    select: (ids, wires = [], annotations = []) => {
      const now = get();
      const kept = (wanted: Iterable<string>, before: ReadonlySet<string>) => {
        const after = new Set(wanted);
        return sameSet(after, before) ? before : after;
      };
      // What an edit of a document that can't be edited would have added is not there.
      const there = now.viewing === null ? ids : [...ids].filter((id) => now.nodes[id] !== undefined);
      const selection = kept(there, now.selection);
      const selectedWires = kept(wires, now.selectedWires);
      const selectedAnnotations = kept(annotations, now.selectedAnnotations);
      if (
        selection !== now.selection ||
        selectedWires !== now.selectedWires ||
        selectedAnnotations !== now.selectedAnnotations
      )
        set({ selection, selectedWires, selectedAnnotations });
    },

    toggleSelected: (id) => {
      const selection = new Set(get().selection);
      if (!selection.delete(id)) selection.add(id);
      set({ selection });
    },

    selectAll: () => {
      const { order, wires, annotations, select } = get();
      select(
        order,
        wires.map(wireId),
        annotations.map(({ id }) => id),
      );
    },

    clearSelection: () => {
      get().select([]);
    },

    undo: () => {
      travel(get().history.cursor - 1);
    },
    redo: () => {
      travel(get().history.cursor + 1);
    },
    jumpTo: travel,
    endBurst: () => {
      const { history } = get();
      const sealed = seal(history);
      if (sealed !== history) set({ history: sealed });
    },
  };
});

export function useDocument<T>(selector: (state: DocumentState) => T): T {
  return useStore(documentStore, selector);
}

/** The step that Undo takes back, if there is one. */
export function undoLabel({ history }: DocumentState): string | undefined {
  return history.cursor > 0 ? history.entries[history.cursor]?.label : undefined;
}

/** The step that Redo brings back, if there is one. */
export function redoLabel({ history }: DocumentState): string | undefined {
  return history.entries[history.cursor + 1]?.label;
}

/** What the last change did, as the list of steps says it. */
export function lastStep(
  { history, lastChange }: Pick<DocumentState, 'history' | 'lastChange'>,
  before: Pick<DocumentState, 'history'>,
): string {
  const label = (index: number) => history.entries[index]?.label ?? '';
  const { cursor } = history;
  if (lastChange !== 'travel') return label(cursor);
  const from = before.history.cursor;
  if (cursor === from - 1) return `Undo: ${label(from)}`;
  if (cursor === from + 1) return `Redo: ${label(cursor)}`;
  return `Back to: ${label(cursor)}`;
}

export function contentOf(state: DocumentContent): DocumentContent {
  const { name, description, defaultComputeTarget, nodes, order, wires, annotations } = state;
  return { name, description, defaultComputeTarget, nodes, order, wires, annotations };
}

export function contentFrom(document: PipelineDocument): DocumentContent {
  return {
    name: document.name,
    description: document.description,
    defaultComputeTarget: document.default_compute_target,
    nodes: Object.fromEntries(document.nodes.map((node) => [node.id, node])),
    order: document.nodes.map((node) => node.id),
    wires: document.wires,
    annotations: readAnnotations(document.annotations),
  };
}

export function documentOf(content: DocumentContent): PipelineDocument {
  return {
    format: 'torchwire/pipeline',
    version: 1,
    name: content.name.trim() || EMPTY.name,
    description: content.description,
    default_compute_target: content.defaultComputeTarget,
    nodes: content.order.flatMap((id) => content.nodes[id] ?? []),
    wires: content.wires,
    annotations: content.annotations,
  };
}

/** What a note or section is called in words. */
export function annotationTitle({ kind, text }: Pick<Annotation, 'kind' | 'text'>): string {
  const [line = ''] = text.trim().split('\n');
  if (line === '') return kind === 'note' ? 'a note' : 'a section';
  return kind === 'note' ? `the note ‘${shortened(line)}’` : `the section ‘${shortened(line)}’`;
}

function shortened(line: string): string {
  return line.length > 32 ? `${line.slice(0, 31)}…` : line;
}

function idsOf(content: DocumentContent): string[] {
  return [...content.order, ...content.annotations.map(({ id }) => id)];
}

function countOf({ nodes, annotations }: Fragment): string {
  const counted = (count: number, what: string) => (count === 1 ? `a ${what}` : `${count} ${what}s`);
  if (annotations.length === 0) return counted(nodes.length, 'node');
  if (nodes.length > 0) return counted(nodes.length + annotations.length, 'item');
  const [{ kind } = { kind: 'note' }] = annotations;
  return counted(annotations.length, annotations.every((one) => one.kind === kind) ? kind : 'item');
}

function wireOf(id: string, join: NonNullable<AddNodeOptions['join']>): DocumentWire {
  return 'from' in join
    ? { from: join.from, to: [id, join.toPort] }
    : { from: [id, join.fromPort], to: join.to };
}

/** The change that puts nodes and annotations elsewhere, or null when all are there already. */
function moved(
  { nodes, annotations }: Pick<DocumentContent, 'nodes' | 'annotations'>,
  positions: ReadonlyMap<string, Point>,
): Partial<DocumentContent> | null {
  const placed = <T extends { readonly id: string; readonly position: Point }>(item: T): T => {
    const to = positions.get(item.id);
    const position = to && rounded(to);
    return position && !samePoint(item.position, position) ? { ...item, position } : item;
  };
  const changed = [...positions.keys()].flatMap((id): [string, DocumentNode][] => {
    const node = nodes[id];
    return node && placed(node) !== node ? [[id, placed(node)]] : [];
  });
  const boxes = annotations.map(placed);
  const others = boxes.some((box, index) => box !== annotations[index]);
  if (changed.length === 0 && !others) return null;
  return {
    ...(changed.length > 0 && { nodes: { ...nodes, ...Object.fromEntries(changed) } }),
    ...(others && { annotations: boxes }),
  };
}

function samePoint(a: Point, b: Point): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function rounded([x, y]: Point): Point {
  return [Math.round(x), Math.round(y)];
}

function selectionOf({ selection, selectedWires, selectedAnnotations }: Selection): Selection {
  return { selection, selectedWires, selectedAnnotations };
}

function sameSelection(a: Selection, b: Selection): boolean {
  return (Object.keys(NONE_SELECTED) as (keyof Selection)[]).every((key) => sameSet(a[key], b[key]));
}

/** What stays selected when the content changes: only what is still there. Sets keep their identity when unchanged. */
function prunedSelection(before: Selection, content: DocumentContent): Selection {
  const { selection, selectedWires, selectedAnnotations } = before;
  return {
    selection: kept(selection, (id) => content.nodes[id] !== undefined),
    selectedWires: kept(selectedWires, has(content.wires.map(wireId), selectedWires)),
    selectedAnnotations: kept(
      selectedAnnotations,
      has(
        content.annotations.map(({ id }) => id),
        selectedAnnotations,
      ),
    ),
  };
}

function has(present: readonly string[], asked: ReadonlySet<string>): (id: string) => boolean {
  const ids = asked.size > 0 ? new Set(present) : NOTHING;
  return (id) => ids.has(id);
}

function kept(ids: ReadonlySet<string>, keep: (id: string) => boolean): ReadonlySet<string> {
  const after = [...ids].filter(keep);
  return after.length === ids.size ? ids : new Set(after);
}

function sameContent(a: DocumentContent, b: DocumentContent): boolean {
  return (Object.keys(EMPTY) as (keyof DocumentContent)[]).every((key) => a[key] === b[key]);
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}

function without(record: DocumentNode['parameters'], key: string): DocumentNode['parameters'] {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
