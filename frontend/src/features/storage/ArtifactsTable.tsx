import { Boxes, Pin } from 'lucide-react';
import { useState } from 'react';

import { Badge } from '@/components/ui/Badge';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { IconButton } from '@/components/ui/IconButton';
import { Select } from '@/components/ui/Select';
import { Skeleton } from '@/components/ui/Skeleton';
import { useCatalog } from '@/lib/modules/catalog';
import { bytes, count, counted, fullMoment, moment } from '@/lib/run/format';
import { useStoredArtifacts, type ArtifactOrder, type StoredArtifact } from '@/services/queries/useStorage';

import { More } from './More';
import { again } from './RunsTable';
import styles from './Tables.module.css';
import { usePinArtifact } from './useStorageActions';

const ORDERS: { value: ArtifactOrder; label: string }[] = [
  { value: 'size', label: 'Largest first' },
  { value: 'last_used', label: 'Not needed for longest first' },
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
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Made by</th>
              <th scope="col">Type</th>
              <th scope="col" className={styles.number}>
                Size
              </th>
              <th scope="col" className={styles.number}>
                Files
              </th>
              <th scope="col">Last used</th>
              <th scope="col">Needed by</th>
              <th scope="col" className={styles.number}>
                To make again
              </th>
              <th scope="col">
                <span className={styles.hidden}>Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((artifact) => (
              <tr key={artifact.digest}>
                <th scope="row">
                  <Maker artifact={artifact} />
                  {artifact.pinned && <Badge tone="info">pinned</Badge>}
                </th>
                <td>
                  <TypeName id={artifact.type} />
                </td>
                <td className={styles.number}>{bytes(artifact.size)}</td>
                <td className={styles.number}>{count(artifact.files)}</td>
                <td title={fullMoment(artifact.last_used)}>{moment(artifact.last_used)}</td>
                <td>
                  {artifact.runs === 0 ? (
                    <span className={styles.quiet}>no run</span>
                  ) : (
                    counted(artifact.runs, 'run')
                  )}
                </td>
                <td className={styles.number}>{again(artifact.seconds_to_recompute)}</td>
                <td className={styles.actions}>
                  <IconButton
                    label={artifact.pinned ? 'Unpin it' : 'Pin it'}
                    tooltip={artifact.pinned ? 'Unpin' : 'Pin: keep it, whoever needs it'}
                    size="sm"
                    pressed={artifact.pinned}
                    icon={<Pin />}
                    onClick={() => pin.mutate(artifact)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
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
