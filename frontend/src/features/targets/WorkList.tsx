import { nodeTitle, useCatalog } from '@/lib/modules/catalog';
import { clock } from '@/lib/run/format';
import { useNow } from '@/lib/run/useNow';

import type { Work } from './work';
import styles from './WorkList.module.css';

interface WorkListProps {
  work: readonly Work[];
  of: string;
  onOpenRun: (runId: string) => void;
}

/** The nodes that run and wait on a target, each leading to its run. It keeps its place: a long list scrolls. */
export function WorkList({ work, of, onOpenRun }: WorkListProps) {
  const running = work.filter(({ state }) => state === 'running').length;
  const waiting = work.length - running;
  return (
    <div className={styles.work}>
      <h4 className={styles.head}>
        Running <span className={styles.count}>{running}</span>
        <span className={styles.gap} aria-hidden>
          ·
        </span>
        Waiting <span className={styles.count}>{waiting}</span>
      </h4>
      {work.length === 0 ? (
        <p className={styles.none}>Nothing at the moment.</p>
      ) : (
        <ul className={styles.list} aria-label={`Nodes on ${of}`}>
          {work.map((one) => (
            <Row key={`${one.runId} ${one.nodeId}`} work={one} onOpenRun={onOpenRun} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Row({ work, onOpenRun }: { work: Work; onOpenRun: (runId: string) => void }) {
  const modules = useCatalog((catalog) => catalog.modules);
  const now = useNow(work.started !== null);
  return (
    <li>
      <button type="button" className={styles.row} onClick={() => onOpenRun(work.runId)}>
        <span className={styles.dot} data-state={work.state} aria-hidden />
        <span className={styles.title}>{nodeTitle(work.node, modules)}</span>
        <span className={styles.time}>
          {work.state === 'waiting'
            ? 'waiting'
            : work.started === null
              ? 'starting'
              : clock(now / 1000 - work.started)}
        </span>
        <span className={styles.about}>
          {[work.runName, work.machine && `on ${work.machine}`].filter(Boolean).join(' · ')}
        </span>
        {work.state === 'waiting' && work.why !== null && (
          <span className={styles.why}>{work.why.charAt(0).toUpperCase() + work.why.slice(1)}</span>
        )}
      </button>
    </li>
  );
}
