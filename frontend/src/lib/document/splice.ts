/** Putting a node into a wire, and joining what is left when nodes in the middle go. */

import type { ModuleSpec } from '@/services/types.generated';
import type { ModuleMap } from '../modules/catalog';
import { samePort, type DocumentWire, type Graph } from './types';

/** The ports by which a module takes a wire's place. */
export interface Splice {
  readonly input: string;
  readonly output: string;
}

/** Whether a node of `spec` can stand in the middle of `wire`, and by which of its ports. */
export function spliceFor(
  graph: Graph,
  modules: ModuleMap,
  wire: DocumentWire,
  spec: ModuleSpec,
): Splice | undefined {
  const carried = typeFrom(graph, modules, wire);
  const taken = typesInto(graph, modules, wire);
  const input = spec.inputs.find((port) => carried !== undefined && port.types.includes(carried));
  const output = spec.outputs.find((port) => taken.includes(port.type));
  return input && output && { input: input.id, output: output.id };
}

/** The wires with `wire` led through the node. */
export function throughNode(
  wires: readonly DocumentWire[],
  wire: DocumentWire,
  nodeId: string,
  { input, output }: Splice,
): DocumentWire[] {
  return [
    ...wires.filter((other) => !samePort(other.to, wire.to)),
    { from: wire.from, to: [nodeId, input] },
    { from: [nodeId, output], to: wire.to },
  ];
}

/**
 * The wires without those of the nodes `gone`, and with what fed them joined to what they fed, wherever the types
 * allow it: each consumer takes the first input, in declared order, that carries what it wants.
 */
export function healed(graph: Graph, modules: ModuleMap, gone: ReadonlySet<string>): DocumentWire[] {
  let { wires } = graph;
  for (const id of gone) {
    const inputs = modules.get(graph.nodes[id]?.module ?? '')?.inputs ?? [];
    const place = (wire: DocumentWire) => inputs.findIndex((port) => port.id === wire.to[1]);
    const incoming = wires.filter((wire) => wire.to[0] === id).sort((a, b) => place(a) - place(b));
    const bridges = wires
      .filter((wire) => wire.from[0] === id)
      .flatMap((wire): DocumentWire[] => {
        const wanted = typesInto(graph, modules, wire);
        const source = incoming.find(({ from }) =>
          wanted.includes(typeFrom(graph, modules, { from, to: wire.to }) ?? ''),
        );
        return source ? [{ from: source.from, to: wire.to }] : [];
      });
    wires = [...wires.filter((wire) => wire.from[0] !== id && wire.to[0] !== id), ...bridges];
  }
  return [...wires];
}

function typeFrom(graph: Graph, modules: ModuleMap, { from }: DocumentWire): string | undefined {
  const spec = modules.get(graph.nodes[from[0]]?.module ?? '');
  return spec?.outputs.find((port) => port.id === from[1])?.type;
}

function typesInto(graph: Graph, modules: ModuleMap, { to }: DocumentWire): readonly string[] {
  const spec = modules.get(graph.nodes[to[0]]?.module ?? '');
  return spec?.inputs.find((port) => port.id === to[1])?.types ?? [];
}
