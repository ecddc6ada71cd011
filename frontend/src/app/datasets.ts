import { toast } from '@/components/ui/toasts';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { documentStore } from '@/lib/document/documentStore';
import { datasetsQuery } from '@/services/queries/useDatasets';
import { queryClient } from '@/services/queries/queryClient';
import { useLayout } from './layout';

/** Put a node for a registered data set in the middle of the canvas, as one step of undo. */
export function addDatasetNode(name: string): void {
  const { batch, setParameter, select } = documentStore.getState();
  let added: string | undefined;
  batch(`Add data set ${name}`, () => {
    added = canvasApi()?.addAtCentre('dataset');
    if (added !== undefined) setParameter(added, 'path', name);
  });
  if (added !== undefined) select([added]);
}

/** A file that was dropped on the page and is no pipeline: an archive is uploaded as a data set. */
export async function takeOtherFile(file: File): Promise<void> {
  const [{ useUploads }, { isArchive, nameFrom }] = await Promise.all([
    import('@/features/datasets/uploadStore'),
    import('@/features/datasets/uploadRecord'),
  ]);
  if (!isArchive(file.name)) {
    toast({
      title: `‘${file.name}’ can’t be used here`,
      description:
        'Drop a pipeline (.json), or an archive with images in one folder per category (.zip, .tar.gz).',
      tone: 'warning',
    });
    return;
  }
  const datasets = await queryClient.ensureQueryData(datasetsQuery);
  const name = nameFrom(
    file.name,
    datasets.map((dataset) => dataset.name),
  );
  useLayout.getState().openSidebar('datasets');
  useUploads.getState().start(file, name, (dataset) =>
    toast({
      title: `‘${dataset.name}’ is ready`,
      tone: 'success',
      action: { label: 'Add to the canvas', onSelect: () => addDatasetNode(dataset.name) },
    }),
  );
}
