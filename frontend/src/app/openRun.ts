import { toast } from '@/components/ui/toasts';
import { documentStore } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import { api } from '@/services/http';
import type { RunAnswer } from '@/services/types.generated';

/** Shows a run on the canvas. One whose draft is gone is shown beside the open one. */
export function openRun(runId: string): void {
  void open(runId).catch((error: Error) => {
    toast({ title: 'The run can’t be opened', description: error.message, tone: 'danger' });
  });
}

async function open(runId: string): Promise<void> {
  const { run } = await api.get<RunAnswer>(`runs/${encodeURIComponent(runId)}`);
  const owner = run.pipeline_id ?? documentStore.getState().pipelineId;
  if (owner !== null) navigate(paths.run(owner, runId));
}
