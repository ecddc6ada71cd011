import { sameJson } from '../drafts/sameJson';
import type { DocumentNode, DocumentWire } from './types';

interface Computation {
  readonly nodes: readonly DocumentNode[];
  readonly wires: readonly DocumentWire[];
}

/** Whether two documents compute the same, however their nodes lie and are called. */
export function sameComputation(a: Computation, b: Computation): boolean {
  return sameJson(computed(a), computed(b));
}

function computed({ nodes, wires }: Computation): unknown {
  return {
    nodes: Object.fromEntries(
      nodes.map(({ id, module, version, parameters }) => [id, { module, version, parameters }]),
    ),
    wires: Object.fromEntries(wires.map(({ from, to }) => [to.join('/'), from])),
  };
}
