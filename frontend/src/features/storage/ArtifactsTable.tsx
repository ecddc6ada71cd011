import { Boxes } from 'lucide-react';
import { useState } from 'react';

import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { Select } from '@/components/ui/Select';
import { Skeleton } from '@/components/ui/Skeleton';
import { useCatalog } from '@/lib/modules/catalog';
import { bytes, count, counted, fullMoment, moment } from '@/lib/run/format';
import { useStoredArtifacts, type ArtifactOrder, type StoredArtifact } from '@/services/queries/useStorage';

import { More } from './More';
import { again } from './RunsTable';
import { PinButton, StorageTable, type Column } from './StorageTable';
import styles from './Tables.module.css';
import { usePinArtifact } from './useStorageActions';

const ORDERS: { value: ArtifactOrder; label: string }[] = [
  { value: 'size', label: 'Largest first' },
  { value: 'last_used', label: 'Not needed for longest first' },
];

const COLUMNS: readonly Column<StoredArtifact>[] = [
  { label: 'Type', cell: (artifact) => <TypeName id={artifact.type} /> },
  { label: 'Size', cell: (artifact) => bytes(artifact.size), number: true },
  { label: 'Files', cell: (artifact) => count(artifact.files), number: true },
  {
    label: 'Last used',
    cell: (artifact) => moment(artifact.last_used),
    title: (artifact) => fullMoment(artifact.last_used),
  },
  {
    label: 'Needed by',
    cell: ({ runs }) => (runs === 0 ? <span className={styles.quiet}>no run</span> : counted(runs, 'run')),
  },
  { label: 'To make again', cell: (artifact) => again(artifact.seconds_to_recompute), number: true },
];

/** What nodes have made and is still kept. */
export function ArtifactsTable() {
  const [order, setOrder] = useState<ArtifactOrder>('size');
  const artifacts = useStoredArtifacts(order);
  const pin = usePinArtifact();
  if (artifacts.isPending) return <Skeleton height={36} lines={6} />;
  if (artifacts.isError)
    return (
      <ErrorState
        title="The results can’t be listed"
        error={artifacts.error}
        onRetry={() => void artifacts.refetch()}
      />
    );
  const rows = artifacts.data.pages.flatMap((page) => page.artifacts);
  if (rows.length === 0)
    return (
      <EmptyState icon={<Boxes />} title="No results yet">
        What nodes make is kept and reused; it stands here with its size.
      </EmptyState>
    );
  return (
    <>
      <div className={styles.tools}>
        <Select
          label="Order"
          value={order}
          options={ORDERS}
          quiet
          onValueChange={(value) => setOrder(value as ArtifactOrder)}
        />
      </div>
      <StorageTable
        label="Made by"
        rows={rows}
        keyOf={(artifact) => artifact.digest}
        name={(artifact) => <Maker artifact={artifact} />}
        columns={COLUMNS}
        actions={(artifact) => (
          <PinButton
            pinned={artifact.pinned}
            what="it"
            meaning="keep it, whoever needs it"
            onToggle={() => pin.mutate(artifact)}
          />
        )}
      />
      <More query={artifacts} />
    </>
  );
}

/** The node that made it, under its own name or its module's. */
export function Maker({ artifact: { node, module, digest } }: { artifact: StoredArtifact }) {
  const title = useCatalog((state) => state.modules.get(module ?? '')?.title);
  return (
    <span>
      {title ?? module ?? digest.slice(0, 8)}
      {node !== null && node !== title && <span className={styles.quiet}> {node}</span>}
    </span>
  );
}

function TypeName({ id }: { id: string }) {
  const type = useCatalog((state) => state.types.get(id));
  return (
    <span className={styles.type}>
      <span
        className={styles.dot}
        style={{ background: `oklch(var(--port-l) var(--port-c) ${type?.hue ?? 0})` }}
        aria-hidden
      />
      {type?.title ?? id}
    </span>
  );
}
