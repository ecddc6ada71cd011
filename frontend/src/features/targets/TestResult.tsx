import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';

import { bytes, counted } from '@/lib/run/format';
import { amount, inOrder, living, roomOfAll } from '@/lib/targets/resources';
import type { Machine, TargetFound } from '@/services/queries/useTargets';

import styles from './TestResult.module.css';
import { errorWords } from './useTargetActions';
import { versionWords } from './versions';

/** What was found when the settings were tried. */
export function Found({ found: { survey, mismatch } }: { found: TargetFound }) {
  const { machines, versions } = survey;
  const software = versionWords(versions);
  return (
    <div className={styles.result} data-tone={mismatch === null ? 'success' : 'warning'}>
      {mismatch === null ? <CircleCheck aria-hidden /> : <TriangleAlert aria-hidden />}
      <div className={styles.words}>
        <p>
          <strong>{mismatch === null ? 'It works' : 'It answers, but nodes would fail there'}</strong>{' '}
          {foundWords(machines)}
        </p>
        {mismatch !== null && <p>{mismatch}. Give both sides the same versions.</p>}
        {machines.length > 0 && (
          <ul className={styles.machines} aria-label="Machines that were found">
            {inOrder(machines).map((machine) => (
              <li key={machine.name}>
                <span className={styles.name}>{machine.name}</span>
                <span>{machine.alive ? machineWords(machine) : 'gone'}</span>
              </li>
            ))}
          </ul>
        )}
        {software !== '' && <p className={styles.quiet}>{software}</p>}
      </div>
    </div>
  );
}

/** Why it did not work, and what to do. */
export function Failed({ title, error }: { title: string; error: Error }) {
  return (
    <div className={styles.result} data-tone="danger">
      <CircleAlert aria-hidden />
      <div className={styles.words}>
        <p>
          <strong>{title}</strong>
        </p>
        <p className={styles.why}>{errorWords(error)}</p>
      </div>
    </div>
  );
}

function foundWords(machines: readonly Machine[]): string {
  if (machines.length === 0) return 'There are no machines yet.';
  const { cores, memory, gpus } = roomOfAll(machines);
  return [
    counted(living(machines).length, 'machine'),
    counted(Math.floor(cores.total), 'core'),
    gpus.total > 0 && `${amount(gpus.total)} ${gpus.total === 1 ? 'GPU' : 'GPUs'}`,
    `${bytes(memory.total)} memory`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function machineWords({ cores, memory_bytes, gpus, gpu }: Machine): string {
  return [
    `${amount(cores)} ${cores === 1 ? 'core' : 'cores'}`,
    bytes(memory_bytes),
    gpus > 0 && `${amount(gpus)} × ${gpu ?? 'GPU'}`,
  ]
    .filter(Boolean)
    .join(' · ');
}
