import { CompareView } from '@/features/compare/CompareView';
import { documentStore } from '@/lib/document/documentStore';
import { navigate, paths } from '@/lib/navigation';
import { Page } from './Page';

/** Two or more runs side by side; the address names them, so that it can be shared. */
export function ComparePage({ runIds }: { runIds: readonly string[] }) {
  return (
    <Page title="Compare runs">
      <CompareView
        runIds={runIds}
        onOpenRun={(run) => {
          const owner = run.pipeline_id ?? documentStore.getState().pipelineId;
          if (owner !== null) navigate(paths.run(owner, run.id));
        }}
      />
    </Page>
  );
}
