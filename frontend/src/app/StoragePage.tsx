import { toast } from '@/components/ui/toasts';
import { StorageView } from '@/features/storage/StorageView';
import { documentStore } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import { api } from '@/services/http';
import type { RunAnswer } from '@/services/types.generated';
import { Page } from './Page';

/** Room on the server's disk. */
export function StoragePage() {
  return (
    <Page title="Storage">
      <StorageView onOpenRun={(runId) => void openRun(runId).catch(complain)} />
    </Page>
  );
}

function complain(error: Error): void {
  toast({ title: 'The run can’t be opened', description: error.message, tone: 'danger' });
}

/** A run whose draft is gone is shown beside the open one. */
async function openRun(runId: string): Promise<void> {
  const { run } = await api.get<RunAnswer>(`runs/${encodeURIComponent(runId)}`);
  const owner = run.pipeline_id ?? documentStore.getState().pipelineId;
  if (owner !== null) navigate(paths.run(owner, runId));
}
