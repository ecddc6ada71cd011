/** What bringing an earlier state of a pipeline back would do, in words. */

import { sameJson } from '../drafts/sameJson';
import { nodeTitle, type ModuleMap } from '../modules/catalog';
import { wireId, type DocumentNode, type DocumentWire, type PipelineDocument, type PortRef } from './types';
import { shownWords, valueWords } from './valueWords';

export interface Difference {
  /** The node, the wire, or the pipeline. */
  readonly of: string;
  /** What becomes of it: `Epochs 8 → 5`, `comes back`. */
  readonly what: string;
}

/** What going from `now` to `then` changes: in the pipeline, its nodes, its wires, and how they look. */
export function differences(
  now: PipelineDocument,
  then: PipelineDocument,
  modules: ModuleMap,
): readonly Difference[] {
  const present = new Map(now.nodes.map((node) => [node.id, node]));
  const kept = new Set(then.nodes.map(({ id }) => id).filter((id) => present.has(id)));
  const all = new Map([...now.nodes, ...then.nodes].map((node) => [node.id, node]));
  const titleOf = (id: string) => {
    const node = all.get(id);
    return node === undefined ? id : nodeTitle(node, modules);
  };
  const portOf = ([id, port]: PortRef) =>
    modules.get(all.get(id)?.module ?? '')?.inputs.find((input) => input.id === port)?.label ?? port;
  const wordsOf = ({ from, to }: DocumentWire) =>
    `Wire from ${titleOf(from[0])} to ${titleOf(to[0])} (${portOf(to)})`;
  const is = (what: string) => (id: string) => ({ of: titleOf(id), what });
  const others = (nodes: readonly DocumentNode[]) => nodes.map(({ id }) => id).filter((id) => !kept.has(id));
  const pairs = then.nodes.flatMap((node) => {
    const before = present.get(node.id);
    return before === undefined ? [] : [[before, node] as const];
  });
  return [
    ...inPipeline(now, then).map((what) => ({ of: 'Pipeline', what })),
    ...others(now.nodes).map(is('is removed')),
    ...others(then.nodes).map(is('comes back')),
    ...pairs.flatMap(([before, node]) =>
      inNode(before, node, modules).map((what) => ({ of: titleOf(node.id), what })),
    ),
    ...inWires(now.wires, then.wires, kept, wordsOf),
    ...inLooks(now, then, pairs).map((what) => ({ of: 'Canvas', what })),
  ];
}

function inPipeline(now: PipelineDocument, then: PipelineDocument): string[] {
  return [
    ...change('Name', now.name, then.name),
    ...change('Compute target', now.default_compute_target, then.default_compute_target),
    ...(now.description === then.description ? [] : ['Another description']),
  ];
}

function inNode(now: DocumentNode, then: DocumentNode, modules: ModuleMap): string[] {
  const differs = (what: string, of: (node: DocumentNode) => string) => change(what, of(now), of(then));
  return [
    ...differs('Name', (node) => nodeTitle(node, modules)),
    ...differs('Module', (node) => modules.get(node.module)?.title ?? node.module),
    ...(now.module === then.module ? inParameters(now, then, modules) : []),
    ...differs('Compute target', (node) => node.compute_target ?? 'of the pipeline'),
    ...(sameJson(now.resources, then.resources) ? [] : ['Other run settings']),
    ...differs('Regenerate output', (node) => valueWords(node.regenerate_output)),
    ...(now.comment === then.comment ? [] : ['Another comment']),
  ];
}

function inParameters(now: DocumentNode, then: DocumentNode, modules: ModuleMap): string[] {
  const spec = modules.get(then.module);
  if (spec === undefined) return sameJson(now.parameters, then.parameters) ? [] : ['Other parameters'];
  return spec.parameters.flatMap((parameter) => {
    const words = ({ parameters }: DocumentNode) => shownWords(parameter, spec, parameters);
    return change(parameter.label, words(now), words(then));
  });
}

/** Those of nodes that come or go do so with them, and need no words. */
function inWires(
  now: readonly DocumentWire[],
  then: readonly DocumentWire[],
  kept: ReadonlySet<string>,
  wordsOf: (wire: DocumentWire) => string,
): Difference[] {
  const without = (wires: readonly DocumentWire[], others: readonly DocumentWire[], what: string) => {
    const known = new Set(others.map(wireId));
    return wires
      .filter((wire) => kept.has(wire.from[0]) && kept.has(wire.to[0]) && !known.has(wireId(wire)))
      .map((wire) => ({ of: wordsOf(wire), what }));
  };
  return [...without(now, then, 'is removed'), ...without(then, now, 'comes back')];
}

function inLooks(
  now: PipelineDocument,
  then: PipelineDocument,
  pairs: readonly (readonly [DocumentNode, DocumentNode])[],
): string[] {
  const moved = pairs.filter(([before, node]) => !sameJson(before.position, node.position)).length;
  const notes = sameJson(now.annotations ?? [], then.annotations ?? []);
  return [
    ...(moved === 0 ? [] : [`${moved} ${moved === 1 ? 'node stands' : 'nodes stand'} elsewhere`]),
    ...(notes ? [] : ['Other notes and sections']),
  ];
}

function change(what: string, now: string, then: string): string[] {
  return now === then ? [] : [`${what} ${now} → ${then}`];
}
