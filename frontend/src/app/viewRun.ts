import { canvasApi } from '@/lib/canvas/canvasApi';
import { documentStore } from '@/lib/document/documentStore';
import { sameComputation } from '@/lib/document/sameComputation';
import { flushDraft } from '@/lib/drafts/draftStore';
import { toast } from '@/components/ui/toasts';
import { runStore } from '@/lib/run/runStore';
import { isOver, type Run } from '@/lib/run/types';

/** Show the document of the shown run on the canvas, as it was submitted. The draft is saved before. */
export async function viewRun(): Promise<void> {
  const { run } = runStore.getState();
  if (run === null) return;
  if (!(await flushDraft())) {
    toast({
      title: 'The draft is not saved yet',
      description: 'The run is shown as it was submitted once your last edits are safe.',
      tone: 'warning',
    });
    return;
  }
  if (runStore.getState().runId !== run.id) return;
  documentStore.getState().view(run.id, run.document);
  setTimeout(() => canvasApi()?.fit(), 60);
}

/** When a run that is over is opened from a list, and the draft has moved on: show it as it was. */
export function viewWhenThere(runId: string): void {
  const open = (run: Run | null) => {
    if (run?.id !== runId) return false;
    const { nodes, wires, viewing } = documentStore.getState();
    const moved = !sameComputation(run.document, { nodes: Object.values(nodes), wires });
    if (viewing === null && isOver(run.status) && moved) void viewRun();
    return true;
  };
  if (open(runStore.getState().run)) return;
  const stop = runStore.subscribe(({ run, runId: shown }) => {
    if (open(run) || (shown !== null && shown !== runId)) stop();
  });
  setTimeout(stop, 10_000);
}
