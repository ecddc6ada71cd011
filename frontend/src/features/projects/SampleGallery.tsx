import { ArrowRight } from 'lucide-react';
import { Button } from '@/components/ui/Button';
import { Dialog } from '@/components/ui/Dialog';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { Skeleton } from '@/components/ui/Skeleton';
import { useCatalog } from '@/lib/modules/catalog';
import { useSamples } from '@/services/queries/useSamples';
import type { Sample } from '@/services/types.generated';
import { DocumentSketch } from './DocumentSketch';
import styles from './SampleGallery.module.css';
import { emptyDocument, useProjects } from './useProjects';

interface SampleGalleryProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** The pipelines that ship with Torchwire; opening one makes a draft of it. */
export function SampleGallery({ open, onOpenChange }: SampleGalleryProps) {
  const { data: samples, error, isPending, refetch } = useSamples();
  const projects = useProjects();
  const start = async (sample: Sample | null) => {
    const record = await projects.create(sample?.document ?? emptyDocument());
    if (record) onOpenChange(false);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      size="lg"
      title="Start from a sample"
      description="Each opens as a draft of your own, with its data in place, ready to submit."
    >
      {isPending && <Skeleton height={150} lines={2} />}
      {error && !samples && (
        <ErrorState title="The samples can’t be listed" error={error} onRetry={() => void refetch()} />
      )}
      {samples?.length === 0 && <EmptyState title="No samples are installed" />}
      <ul className={styles.grid}>
        {samples?.map((sample) => (
          <li key={sample.id} className={styles.card}>
            <DocumentSketch document={sample.document} />
            <div className={styles.words}>
              <h3>{sample.name}</h3>
              <p>{sample.description}</p>
              <ModuleLine sample={sample} />
            </div>
            <Button
              className={styles.use}
              busy={projects.busy}
              icon={<ArrowRight />}
              onClick={() => void start(sample)}
            >
              Open
            </Button>
          </li>
        ))}
      </ul>
      <p className={styles.empty}>
        Or{' '}
        <button type="button" className={styles.link} onClick={() => void start(null)}>
          start with an empty canvas
        </button>
        .
      </p>
    </Dialog>
  );
}

function ModuleLine({ sample }: { sample: Sample }) {
  const modules = useCatalog((state) => state.modules);
  const titles = new Set(sample.document.nodes.map((node) => modules.get(node.module)?.title ?? node.module));
  return (
    <p className={styles.modules}>
      {sample.node_count} nodes · {titles.size} kinds of module
    </p>
  );
}
