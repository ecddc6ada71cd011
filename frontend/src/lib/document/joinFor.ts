import { Fit } from './rules';
import { nodeTitle, type ModuleMap } from '../modules/catalog';
import { samePort, type DocumentNode, type DocumentWire, type Graph } from './types';

/** The wire that joins two nodes by the first ports that fit and are free, or why there is none. */
export function joinFor(
  graph: Graph,
  modules: ModuleMap,
  upper: DocumentNode,
  lower: DocumentNode,
): DocumentWire | { readonly reason: string } {
  const title = (node: DocumentNode) => nodeTitle(node, modules);
  let full: string | undefined;
  for (const [a, b] of [
    [upper, lower],
    [lower, upper],
  ] as const) {
    for (const output of modules.get(a.module)?.outputs ?? []) {
      const fit = new Fit(graph, modules, { ref: [a.id, output.id], side: 'output' });
      const inputs = fit.portsOf(b);
      const free = inputs.find((ref) => graph.wires.every((wire) => !samePort(wire.to, ref)));
      if (free) return { from: [a.id, output.id], to: free };
      if (inputs.length > 0) full ??= `Every input of ${title(b)} that fits has a wire already.`;
    }
  }
  return {
    reason: full ?? `Nothing that ${title(upper)} makes fits ${title(lower)}, nor the other way round.`,
  };
}
