import { nodeTitle, useCatalog } from '@/lib/modules/catalog';

import { useRunState } from './runStore';

/** What people call a node of the run that is shown: its label, else its module's title. */
export function useRunNodeTitle(nodeId: string | null): string | null {
  const node = useRunState((view) => view.run?.document.nodes.find(({ id }) => id === nodeId));
  const modules = useCatalog((catalog) => catalog.modules);
  return node === undefined ? nodeId : nodeTitle(node, modules);
}

/** Where an output comes from and what it is: all that is needed to show it. */
export interface OutputRef {
  runId: string;
  nodeId: string;
  port: string;
  label: string;
  type: string;
  digest: string;
  size: number;
  files: number;
}

/** What a node of the run that is shown has made, in the order of its ports. */
export function useNodeOutputs(nodeId: string): readonly OutputRef[] {
  const runId = useRunState((view) => view.runId);
  const outputs = useRunState((view) => view.run?.nodes[nodeId]?.outputs);
  const moduleId = useRunState((view) => view.run?.document.nodes.find(({ id }) => id === nodeId)?.module);
  const ports = useCatalog((catalog) => catalog.modules.get(moduleId ?? '')?.outputs);
  if (runId === null || outputs === undefined) return [];
  const order = (port: string) => {
    const at = ports?.findIndex(({ id }) => id === port) ?? -1;
    return at < 0 ? Infinity : at;
  };
  return Object.entries(outputs)
    .map(([port, output]) => ({
      runId,
      nodeId,
      port,
      label: ports?.find(({ id }) => id === port)?.label ?? port,
      ...output,
    }))
    .sort((a, b) => order(a.port) - order(b.port));
}
