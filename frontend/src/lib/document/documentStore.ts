/** The open pipeline: its nodes, wires and settings, the selection, and undo. The one home of that state. */

import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { catalogStore, nodeTitle } from '../modules/catalog';
import { boundsOf, cutOut, renamed, type Fragment } from './fragment';
import { record, seal, startHistory, type History } from './history';
import { canConnect, type Verdict } from './rules';
import {
  samePort,
  wireId,
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
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
}

export interface DocumentState extends DocumentContent {
  readonly pipelineId: string | null;
  readonly revision: number;
  /** Counts the edits since the document was opened: what autosave watches. */
  readonly changes: number;
  readonly lastChange: ChangeKind;
  /** Ids of the selected nodes, and of the selected wires (see `wireId`). */
  readonly selection: ReadonlySet<string>;
  readonly selectedWires: ReadonlySet<string>;
  readonly history: History;

  load: (opened: OpenRecord) => void;
  /** Put another document in place of this one, as a step that can be undone (import, restore, clear). */
  replace: (document: PipelineDocument, label: string) => void;
  markSaved: (saved: { id: string; revision: number }) => void;
  toDocument: () => PipelineDocument;

  addNode: (moduleId: string, position: Point, options?: AddNodeOptions) => string;
  removeNodes: (ids: Iterable<string>) => void;
  removeSelection: () => void;
  /** Join two ports if the rules allow it; an occupied input's wire is replaced. */
  connect: (from: PortRef, to: PortRef) => Verdict;
  /** Move a wire's end; the answer is the rules' verdict on the new wire. */
  reroute: (wire: DocumentWire, from: PortRef, to: PortRef) => Verdict;
  disconnect: (wires: readonly DocumentWire[]) => void;
  moveNodes: (positions: ReadonlyMap<string, Point>) => void;
  /** Move the selected nodes by a step; a held arrow key is one step of undo. */
  nudge: (dx: number, dy: number) => void;
  applyLayout: (positions: ReadonlyMap<string, Point>) => void;

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

  select: (ids: Iterable<string>, wires?: Iterable<string>) => void;
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
};

const NOTHING: ReadonlySet<string> = new Set();
const PASTE_OFFSET = 40;

export const documentStore = createStore<DocumentState>()((set, get) => {
  /** Ids given out since the document was opened. Never used again, so that a run's states can't land on a newcomer. */
  const taken = new Set<string>();
  let batching = false;

  function freshId(moduleId: string): string {
    const stem = moduleId.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'node';
    let id = stem;
    for (let n = 2; taken.has(id); n += 1) id = `${stem}-${n}`;
    taken.add(id);
    return id;
  }

  function titleOf(nodeId: string): string {
    const node = get().nodes[nodeId];
    return node ? nodeTitle(node, catalogStore.getState().modules) : nodeId;
  }

  /** Make `change` part of the document and of its history. */
  function edit(
    label: string,
    change: Partial<DocumentContent>,
    how: { key?: string; kind?: ChangeKind } = {},
  ): void {
    const before = get();
    const content = { ...contentOf(before), ...change };
    if (batching) {
      set({ ...change, ...prunedSelection(before, content) });
      return;
    }
    const history = record(before.history, { label, time: Date.now(), content, key: how.key });
    set({
      ...change,
      ...prunedSelection(before, content),
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

  function travel(index: number): void {
    const { history, changes } = get();
    const entry = history.entries[index];
    if (!entry || index === history.cursor) return;
    set({
      ...entry.content,
      ...prunedSelection(get(), entry.content),
      history: { ...seal(history), cursor: index },
      changes: changes + 1,
      lastChange: 'travel',
    });
  }

  function insert(fragment: Fragment, label: string): string[] {
    const { nodes, order, wires } = get();
    const ids = fragment.nodes.map((node) => node.id);
    edit(label, {
      nodes: { ...nodes, ...Object.fromEntries(fragment.nodes.map((node) => [node.id, node])) },
      order: [...order, ...ids],
      wires: [...wires, ...fragment.wires],
    });
    set({ selection: new Set(ids), selectedWires: NOTHING });
    return ids;
  }

  return {
    ...EMPTY,
    pipelineId: null,
    revision: 0,
    changes: 0,
    lastChange: 'load',
    selection: NOTHING,
    selectedWires: NOTHING,
    history: startHistory('Opened', EMPTY, Date.now()),

    load: ({ id, revision, document }) => {
      const content = contentFrom(document);
      taken.clear();
      for (const nodeId of content.order) taken.add(nodeId);
      set({
        ...content,
        pipelineId: id,
        revision,
        changes: 0,
        lastChange: 'load',
        selection: NOTHING,
        selectedWires: NOTHING,
        history: startHistory('Opened', content, Date.now()),
      });
    },

    replace: (document, label) => {
      const content = contentFrom(document);
      for (const nodeId of content.order) taken.add(nodeId);
      edit(label, content);
    },

    markSaved: ({ id, revision }) => {
      set({ pipelineId: id, revision });
    },

    toDocument: () => documentOf(get()),

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
      edit(`Add ${nodeTitle(node, modules)}`, {
        nodes: { ...nodes, [id]: node },
        order: [...order, id],
        wires: joined ? [...wires.filter((wire) => !samePort(wire.to, joined.to)), joined] : wires,
      });
      set({ selection: new Set([id]), selectedWires: NOTHING });
      return id;
    },

    removeNodes: (ids) => {
      const { nodes, order, wires } = get();
      const gone = new Set([...ids].filter((id) => nodes[id] !== undefined));
      const [first] = gone;
      if (first === undefined) return;
      edit(gone.size === 1 ? `Delete ${titleOf(first)}` : `Delete ${gone.size} nodes`, {
        nodes: Object.fromEntries(Object.entries(nodes).filter(([id]) => !gone.has(id))),
        order: order.filter((id) => !gone.has(id)),
        wires: wires.filter((wire) => !gone.has(wire.from[0]) && !gone.has(wire.to[0])),
      });
    },

    removeSelection: () => {
      const { selection, selectedWires, wires, removeNodes, disconnect, batch } = get();
      const cut = wires.filter((wire) => selectedWires.has(wireId(wire)));
      if (selection.size === 0) disconnect(cut);
      else if (cut.length === 0) removeNodes(selection);
      else {
        batch('Delete selection', () => {
          disconnect(cut);
          removeNodes(selection);
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

    moveNodes: (positions) => {
      const nodes = movedNodes(get().nodes, positions);
      if (!nodes) return;
      const [first] = positions.keys();
      edit(
        positions.size === 1 && first !== undefined
          ? `Move ${titleOf(first)}`
          : `Move ${positions.size} nodes`,
        { nodes },
      );
    },

    nudge: (dx, dy) => {
      const { nodes: before, selection } = get();
      const ids = [...selection].sort();
      const moved = ids.flatMap((id): [string, Point][] => {
        const node = before[id];
        return node ? [[id, [node.position[0] + dx, node.position[1] + dy]]] : [];
      });
      const nodes = movedNodes(before, new Map(moved));
      if (!nodes) return;
      const label =
        ids.length === 1 && ids[0] !== undefined ? `Move ${titleOf(ids[0])}` : `Move ${ids.length} nodes`;
      edit(label, { nodes }, { key: `nudge:${ids.join(',')}` });
    },

    applyLayout: (positions) => {
      const nodes = movedNodes(get().nodes, positions);
      if (nodes) edit('Tidy the layout', { nodes }, { kind: 'layout' });
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
      const { x, y } = boundsOf(fragment.nodes);
      const copy = renamed(fragment, freshId, at ?? [x + PASTE_OFFSET, y + PASTE_OFFSET]);
      return insert(copy, copy.nodes.length === 1 ? 'Paste a node' : `Paste ${copy.nodes.length} nodes`);
    },

    duplicate: ({ withInputs = false } = {}) => {
      const state = get();
      const fragment = cutOut(state, state.selection);
      if (!fragment) return [];
      const { x, y } = boundsOf(fragment.nodes);
      const copy = renamed(fragment, freshId, [x + PASTE_OFFSET, y + PASTE_OFFSET]);
      const names = new Map(fragment.nodes.map((node, index) => [node.id, copy.nodes[index]?.id ?? node.id]));
      const incoming = state.wires.flatMap((wire): DocumentWire[] => {
        const to = names.get(wire.to[0]);
        return withInputs && to !== undefined && !names.has(wire.from[0])
          ? [{ from: wire.from, to: [to, wire.to[1]] }]
          : [];
      });
      const label =
        copy.nodes.length === 1
          ? `Duplicate ${titleOf(fragment.nodes[0]?.id ?? '')}`
          : `Duplicate ${copy.nodes.length} nodes`;
      return insert({ nodes: copy.nodes, wires: [...copy.wires, ...incoming] }, label);
    },

    batch: (label, edits) => {
      if (batching) {
        edits();
        return;
      }
      const before = contentOf(get());
      batching = true;
      try {
        edits();
      } finally {
        batching = false;
        if (!sameContent(before, contentOf(get()))) edit(label, {});
      }
    },

    select: (ids, wires = []) => {
      const selection = new Set(ids);
      const selectedWires = new Set(wires);
      const now = get();
      if (sameSet(selection, now.selection) && sameSet(selectedWires, now.selectedWires)) return;
      set({ selection, selectedWires });
    },

    toggleSelected: (id) => {
      const selection = new Set(get().selection);
      if (!selection.delete(id)) selection.add(id);
      set({ selection });
    },

    selectAll: () => {
      get().select(get().order, get().wires.map(wireId));
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

export function contentOf(state: DocumentContent): DocumentContent {
  const { name, description, defaultComputeTarget, nodes, order, wires } = state;
  return { name, description, defaultComputeTarget, nodes, order, wires };
}

export function contentFrom(document: PipelineDocument): DocumentContent {
  return {
    name: document.name,
    description: document.description,
    defaultComputeTarget: document.default_compute_target,
    nodes: Object.fromEntries(document.nodes.map((node) => [node.id, node])),
    order: document.nodes.map((node) => node.id),
    wires: document.wires,
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
  };
}

function wireOf(id: string, join: NonNullable<AddNodeOptions['join']>): DocumentWire {
  return 'from' in join
    ? { from: join.from, to: [id, join.toPort] }
    : { from: [id, join.fromPort], to: join.to };
}

function movedNodes(
  nodes: DocumentContent['nodes'],
  positions: ReadonlyMap<string, Point>,
): DocumentContent['nodes'] | null {
  const moved = [...positions].flatMap(([id, to]): [string, DocumentNode][] => {
    const node = nodes[id];
    const position = rounded(to);
    if (!node || (node.position[0] === position[0] && node.position[1] === position[1])) return [];
    return [[id, { ...node, position }]];
  });
  return moved.length > 0 ? { ...nodes, ...Object.fromEntries(moved) } : null;
}

function rounded([x, y]: Point): Point {
  return [Math.round(x), Math.round(y)];
}

/** What stays selected when the content changes: only what is still there. Sets keep their identity when unchanged. */
function prunedSelection(
  { selection, selectedWires }: Pick<DocumentState, 'selection' | 'selectedWires'>,
  content: DocumentContent,
): Pick<DocumentState, 'selection' | 'selectedWires'> {
  const nodesKept = [...selection].filter((id) => content.nodes[id] !== undefined);
  const ids = selectedWires.size > 0 ? new Set(content.wires.map(wireId)) : NOTHING;
  const wiresKept = [...selectedWires].filter((id) => ids.has(id));
  return {
    selection: nodesKept.length === selection.size ? selection : new Set(nodesKept),
    selectedWires: wiresKept.length === selectedWires.size ? selectedWires : new Set(wiresKept),
  };
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
