/** What a person can do about a remark that no parameter of the node mends: where its images come from decides. */

import { announce } from '../announce';
import { revealNode } from '../canvas/canvasApi';
import { runCommand } from '../commands';
import { documentStore } from '../document/documentStore';
import { canConnect } from '../document/rules';
import type { DocumentWire, Graph, PortRef } from '../document/types';
import { wireInto } from '../document/wireIndex';
import { nodeTitle, type ModuleMap } from '../modules/catalog';
import type { Remark } from './factsStore';

export interface WayOut {
  /** An order, as of a button. */
  readonly text: string;
  /** It leads to where something has to be chosen, instead of doing it. */
  readonly leads: boolean;
  readonly take: () => void;
}

/** The way out of a remark about an input, if there is one. */
export function wayOut({ code, node, port, fix }: Remark, graph: Graph, modules: ModuleMap): WayOut | null {
  if (fix !== undefined || port === undefined) return null;
  if (code === 'categories-differ') {
    const wire = otherHalf(graph, modules, [node, 'training_dataset'], [node, port]);
    const way = wire && rejoin(wire, graph, modules);
    if (way) return way;
  }
  const source = sourceOf(graph, modules, [node, port]);
  if (source === undefined) return null;
  return {
    text: 'Choose other images',
    leads: true,
    take: () => {
      documentStore.getState().select([source]);
      revealNode(source, { focus: true });
      runCommand('inspect');
    },
  };
}

function rejoin(wire: DocumentWire, graph: Graph, modules: ModuleMap): WayOut | null {
  const found = graph.nodes[wire.from[0]];
  if (!found || !canConnect(graph, modules, wire.from, wire.to).ok) return null;
  const text = `Take them from ‘${nodeTitle(found, modules)}’ too`;
  return {
    text,
    leads: false,
    take: () => {
      const { batch, connect, endBurst } = documentStore.getState();
      endBurst();
      batch(text, () => connect(wire.from, wire.to));
      announce(`${text}: done. Undo takes it back.`);
    },
  };
}

/** The node with a data set that what arrives at an input comes from. */
export function sourceOf(graph: Graph, modules: ModuleMap, input: PortRef): string | undefined {
  return [...chain(graph, modules, input)].find((wire) =>
    modules.get(graph.nodes[wire.from[0]]?.module ?? '')?.parameters.some(({ kind }) => kind === 'dataset'),
  )?.from[0];
}

/**
 * The wire by which `other` would get the other half of what `input` gets, where a node on the way to `input` divides
 * one input into two outputs of its type. What is done to the images of `other` on their way stays.
 */
export function otherHalf(
  graph: Graph,
  modules: ModuleMap,
  input: PortRef,
  other: PortRef,
): DocumentWire | undefined {
  const type = (ref: PortRef) =>
    modules.get(graph.nodes[ref[0]]?.module ?? '')?.outputs.find(({ id }) => id === ref[1])?.type;
  for (const { from } of chain(graph, modules, input)) {
    const spec = modules.get(graph.nodes[from[0]]?.module ?? '');
    const half = spec?.outputs.find((port) => port.id !== from[1] && port.type === type(from));
    if (!half || !spec?.inputs.some(({ types }) => types.includes(half.type))) continue;
    let to = other;
    for (const wire of chain(graph, modules, other)) {
      const through = modules.get(graph.nodes[wire.from[0]]?.module ?? '');
      const inward = through?.inputs.find(({ types }) => types.includes(half.type));
      if (!inward || through?.outputs.length !== 1) break;
      to = [wire.from[0], inward.id];
    }
    const now = wireInto(graph.wires, to)?.from;
    return now?.[0] === from[0] && now[1] === half.id ? undefined : { from: [from[0], half.id], to };
  }
  return undefined;
}

/** The wires upstream of an input, along what carries the same kind of thing, else along the first that is wired. */
function* chain(graph: Graph, modules: ModuleMap, input: PortRef): Generator<DocumentWire, undefined> {
  const seen = new Set<string>();
  let wire = wireInto(graph.wires, input);
  while (wire && !seen.has(wire.from[0])) {
    yield wire;
    seen.add(wire.from[0]);
    const [node, port] = wire.from;
    const spec = modules.get(graph.nodes[node]?.module ?? '');
    const type = spec?.outputs.find(({ id }) => id === port)?.type;
    const inputs = spec?.inputs ?? [];
    const next = inputs.find(({ types }) => type !== undefined && types.includes(type)) ?? inputs[0];
    wire = next && wireInto(graph.wires, [node, next.id]);
  }
  return undefined;
}
