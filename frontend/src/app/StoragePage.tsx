import { StorageView } from '@/features/storage/StorageView';
import { openRun } from './openRun';
import { Page } from './Page';

/** Room on the server's disk. */
export function StoragePage() {
  return (
    <Page title="Storage">
      <StorageView onOpenRun={openRun} />
    </Page>
  );
}
