import { useRunState } from './runStore';
import type { Run } from './types';

/** The digest of the trained model that an output goes back to, along the wires of its run; null without one. */
export function modelBehind(
  run: Pick<Run, 'document' | 'nodes'>,
  nodeId: string,
  port?: string,
): string | null {
  const seen = new Set<string>();
  let nodes = [nodeId];
  while (nodes.length > 0) {
    const before: string[] = [];
    for (const wire of run.document.wires ?? []) {
      if (!nodes.includes(wire.to[0])) continue;
      if (wire.to[0] === nodeId && port !== undefined && wire.to[1] !== port) continue;
      const made = run.nodes[wire.from[0]]?.outputs[wire.from[1]];
      if (made?.type === 'ModelDirectory') return made.digest;
      if (!seen.has(wire.from[0])) before.push(wire.from[0]);
      seen.add(wire.from[0]);
    }
    nodes = before;
  }
  return null;
}

/** The model behind a node of the run that is shown, through one of its inputs if that is named. */
export function useModelBehind(nodeId: string, port?: string): string | null {
  return useRunState((view) => (view.run === null ? null : modelBehind(view.run, nodeId, port)));
}
