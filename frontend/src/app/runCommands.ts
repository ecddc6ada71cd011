import { firstFailed } from '@/features/runs/announceRun';
import type { useCancelNode } from '@/features/runs/useRunActions';
import type { useSubmit } from '@/features/runs/useSubmit';
import { revealNode } from '@/lib/canvas/canvasApi';
import type { Command } from '@/lib/commands';
import { documentStore } from '@/lib/document/documentStore';
import { nodeOf, runStore } from '@/lib/run/runStore';
import { isNodeOver, isOver } from '@/lib/run/types';
import { useLayout } from './layout';

/** What can be done with runs. */
export function runCommands(
  submit: ReturnType<typeof useSubmit>['submit'],
  cancelNode: ReturnType<typeof useCancelNode>['mutate'],
): readonly Command[] {
  const selected = () => [...documentStore.getState().selection];
  const anySelected = () => selected().length > 0 && documentStore.getState().viewing === null;
  return [
    {
      id: 'run.submit',
      label: 'Submit the pipeline',
      group: 'Runs',
      shortcut: ['Mod+Enter'],
      whileTyping: true,
      enabled: () => documentStore.getState().order.length > 0 && documentStore.getState().viewing === null,
      perform: () => submit(),
    },
    {
      id: 'run.until',
      label: 'Run to here',
      group: 'Runs',
      shortcut: ['Mod+Shift+Enter'],
      enabled: anySelected,
      perform: () => submit({ until: selected() }),
    },
    {
      id: 'run.only',
      label: 'Run this node only',
      group: 'Runs',
      shortcut: ['Mod+Alt+Enter'],
      enabled: anySelected,
      perform: () => submit({ only: selected() }),
    },
    {
      id: 'run.first-failed',
      label: 'Jump to the first failed node',
      group: 'Runs',
      shortcut: ['Mod+F8'],
      whileTyping: true,
      enabled: () => firstFailed(runStore.getState().run) !== undefined,
      perform: () => {
        const nodeId = firstFailed(runStore.getState().run);
        if (nodeId === undefined) return;
        useLayout.getState().set({ inspectorOpen: true, inspectorTab: 'outputs' });
        revealNode(nodeId, { select: true, focus: true });
      },
    },
    {
      id: 'run.cancel-node',
      label: 'Cancel this node',
      group: 'Runs',
      enabled: () => goingNodes().length > 0,
      perform: () => {
        const { runId } = runStore.getState();
        if (runId !== null) for (const nodeId of goingNodes()) cancelNode({ runId, nodeId });
      },
    },
  ];
}

/** The selected nodes that can still be stopped. */
function goingNodes(): string[] {
  const { run, replaying } = runStore.getState();
  if (run === null || replaying || isOver(run.status)) return [];
  return [...documentStore.getState().selection].filter((id) => {
    const node = nodeOf(run, id);
    return node !== undefined && !isNodeOver(node.status);
  });
}
