import { Cpu, Microchip, Server, Settings2 } from 'lucide-react';

import { Button } from '@/components/ui/Button';
import { EmptyState, ErrorState } from '@/components/ui/EmptyState';
import { ProgressBar } from '@/components/ui/ProgressBar';
import { Skeleton } from '@/components/ui/Skeleton';
import { bytes, counted } from '@/lib/run/format';
import { amount, living, roomOfAll, unreachableWords } from '@/lib/targets/resources';
import { useTargets, type Target } from '@/services/queries/useTargets';

import { StateBadge } from './StateBadge';
import styles from './TargetsPanel.module.css';

/** Where nodes can run: what each target has and how busy it is. */
export function TargetsPanel({ onManage }: { onManage: () => void }) {
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
    <>
      <ul className={styles.list} aria-label="Compute targets">
        {targets.data.map((target) =>
          target.remote === true ? (
            <ClusterRow key={target.id} target={target} />
          ) : (
            <Row key={target.id} target={target} />
          ),
        )}
      </ul>
      <div className={styles.manage}>
        <Button icon={<Settings2 />} onClick={onManage}>
          Manage targets
        </Button>
      </div>
    </>
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
        <StateBadge target={target} />
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

function ClusterRow({ target }: { target: Target }) {
  const { id, available, machines = [], why } = target;
  const title = target.title || id;
  const { cores, gpus } = roomOfAll(machines);
  return (
    <li className={styles.row}>
      <div className={styles.head}>
        <Server aria-hidden />
        <span className={styles.title}>{title}</span>
        <StateBadge target={target} />
      </div>
      <p className={styles.facts}>
        <code>{id}</code>
        <span>{counted(living(machines).length, 'machine')}</span>
        {gpus.total > 0 && (
          <span>
            {amount(gpus.total - gpus.taken)} of {amount(gpus.total)} GPUs free
          </span>
        )}
      </p>
      {available ? (
        <div className={styles.busy}>
          <ProgressBar
            label={`Cores of ${title} in use`}
            value={cores.total === 0 ? 0 : cores.taken / cores.total}
            tone="neutral"
          />
          <span>
            {amount(cores.taken)} of {amount(cores.total)} in use
          </span>
        </div>
      ) : (
        <p className={styles.why}>
          {unreachableWords(target)}
          {why && target.reached !== null ? `: ${why}` : ''}
        </p>
      )}
    </li>
  );
}
