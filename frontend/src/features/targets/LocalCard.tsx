import { Cpu, Microchip } from 'lucide-react';

import { bytesBeside } from '@/lib/targets/resources';
import type { Target } from '@/services/queries/useTargets';

import styles from './Card.module.css';
import { Meter } from './Meter';
import { StateBadge } from './StateBadge';
import type { Work } from './work';
import { WorkList } from './WorkList';

interface LocalCardProps {
  targets: readonly Target[];
  work: readonly Work[];
  onOpenRun: (runId: string) => void;
}

/** This computer: its processor and its GPUs. */
export function LocalCard({ targets, work, onOpenRun }: LocalCardProps) {
  return (
    <div className={styles.card}>
      <div className={styles.body}>
        <ul className={styles.rows} aria-label="Targets of this computer">
          {targets.map((target) => (
            <Row key={target.id} target={target} />
          ))}
        </ul>
        <WorkList work={work} of="this computer" onOpenRun={onOpenRun} />
      </div>
    </div>
  );
}

function Row({ target }: { target: Target }) {
  const { id, title, gpu, cores, memory_bytes, busy, available, why } = target;
  return (
    <li className={styles.local}>
      <div className={styles.head}>
        {gpu == null ? <Cpu aria-hidden /> : <Microchip aria-hidden />}
        <div className={styles.names}>
          <h3>{title}</h3>
          <code>{id}</code>
        </div>
        <StateBadge target={target} />
      </div>
      {!available && why != null && <p className={styles.why}>{why}</p>}
      <div className={styles.meters}>
        {gpu == null && <Meter label="Cores" of={title} share={{ total: cores, taken: busy.cores }} />}
        {memory_bytes !== null && (
          <Meter
            label={gpu == null ? 'Memory' : 'GPU memory'}
            of={title}
            share={{ total: memory_bytes, taken: Math.min(memory_bytes, busy.memory_bytes) }}
            write={bytesBeside}
          />
        )}
      </div>
    </li>
  );
}
