import { memo } from 'react';

import { bytesBeside, inOrder, roomOf } from '@/lib/targets/resources';
import type { Machine } from '@/services/queries/useTargets';

import styles from './MachineList.module.css';
import { Meter } from './Meter';

/** Longer lists scroll in their place, so that what stands below stays where it is. */
const FITS = 8;

interface MachineListProps {
  machines: readonly Machine[];
  of: string;
  /** The target can't be seen now: what is shown is how it was. */
  stale: boolean;
}

/** The machines of a cluster, each with what is taken of it. */
export function MachineList({ machines, of, stale }: MachineListProps) {
  const gpus = machines.some((machine) => machine.gpus > 0);
  return (
    <ul
      className={styles.list}
      aria-label={`Machines of ${of}`}
      data-gpus={gpus || undefined}
      {...(machines.length > FITS && { tabIndex: 0, 'data-long': true })}
    >
      {inOrder(machines).map((machine) => (
        <Row key={machine.name} machine={machine} stale={stale} gpus={gpus} />
      ))}
    </ul>
  );
}

const Row = memo(function Row({ machine, stale, gpus }: { machine: Machine; stale: boolean; gpus: boolean }) {
  const { name, alive, gpu } = machine;
  const { cores, memory, gpus: ofGpus } = roomOf(machine);
  const unknown = stale || !alive;
  return (
    <li className={styles.row} data-state={alive ? (stale ? 'unknown' : 'alive') : 'gone'}>
      <div className={styles.name}>
        <span className={styles.dot} aria-hidden />
        <span className={styles.words}>
          <span className={styles.title}>{name}</span>
          <span className={styles.state}>
            {alive ? (stale ? 'when last seen' : (gpu ?? 'alive')) : 'gone'}
          </span>
        </span>
      </div>
      <Meter label="Cores" of={name} share={cores} stale={unknown} />
      <Meter label="Memory" of={name} share={memory} write={bytesBeside} stale={unknown} />
      {ofGpus.total > 0 ? (
        <Meter label="GPUs" of={name} share={ofGpus} stale={unknown} />
      ) : (
        gpus && <span className={styles.none}>no GPU</span>
      )}
    </li>
  );
});
