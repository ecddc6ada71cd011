import { TargetsView } from '@/features/targets/TargetsView';
import { navigate, paths } from '@/lib/navigation';
import { openRun } from './openRun';
import { Page } from './Page';

/** This computer and the clusters that nodes can run on. */
export function TargetsPage() {
  return (
    <Page title="Compute targets">
      <TargetsView onOpenRun={openRun} onOpenGuide={() => navigate(paths.targetsGuide)} />
    </Page>
  );
}
