import { Cpu, Microchip } from 'lucide-react';

import { Badge } from '@/components/ui/Badge';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { ProgressBar } from '@/components/ui/ProgressBar';
import { Skeleton } from '@/components/ui/Skeleton';
import { bytes, counted } from '@/lib/run/format';
import { useTargets } from '@/services/queries/useTargets';
import type { Target } from '@/services/types.generated';

import styles from './TargetsPanel.module.css';

/** Where nodes can run: what each target has and how busy it is. */
export function TargetsPanel() {
  const targets = useTargets();
  if (targets.isPending) {
    return (
      <div className={styles.list}>
        <Skeleton height={84} lines={2} />
      </div>
    );
  }
  if (targets.isError) {
    return (
      <ErrorState
        title="The compute targets can’t be listed"
        error={targets.error}
        onRetry={() => void targets.refetch()}
      />
    );
  }
  if (targets.data.length === 0) {
    return <EmptyState icon={<Cpu />} title="No compute targets" />;
  }
  return (
    <ul className={styles.list} aria-label="Compute targets">
      {targets.data.map((target) => (
        <Row key={target.id} target={target} />
      ))}
    </ul>
  );
}

function Row({ target }: { target: Target }) {
  const { title, id, cores, memory_bytes, gpu, busy, available, why } = target;
  const share = cores === 0 ? 0 : Math.min(1, busy.cores / cores);
  return (
    <li className={styles.row}>
      <div className={styles.head}>
        {gpu == null ? <Cpu aria-hidden /> : <Microchip aria-hidden />}
        <span className={styles.title}>{title}</span>
        {available ? (
          <Badge tone={busy.nodes > 0 ? 'accent' : 'success'}>
            {busy.nodes > 0 ? `${counted(busy.nodes, 'node')} running` : 'idle'}
          </Badge>
        ) : (
          <Badge tone="warning">not available</Badge>
        )}
      </div>
      <p className={styles.facts}>
        <code>{id}</code>
        <span>{counted(cores, 'core')}</span>
        {memory_bytes !== null && <span>{bytes(memory_bytes)} memory</span>}
        {gpu != null && <span>{gpu}</span>}
      </p>
      {!available && why != null && <p className={styles.why}>{why}</p>}
      {available && (
        <div className={styles.busy}>
          <ProgressBar label={`Cores of ${title} in use`} value={share} tone="neutral" />
          <span>
            {busy.cores} of {cores} in use
          </span>
        </div>
      )}
    </li>
  );
}
