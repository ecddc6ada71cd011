import { cx } from '@/components/ui/cx';
import { isOver } from '@/lib/run/types';
import { useRunState } from '@/lib/run/runStore';
import { useNow } from '@/lib/run/useNow';
import { lastHeard, reconnectNow, useConnection } from '@/services/socket';

import styles from './ConnectionState.module.css';

const QUIET_SECONDS = 6;

/** Whether what the page shows is live: `Live`, `Last heard 12 s ago`, or when the next try to connect is. */
export function ConnectionState() {
  const { status, retryAt } = useConnection((connection) => connection);
  const going = useRunState(({ run }) => run !== null && !isOver(run.status));
  const now = useNow(status === 'lost' || going, 500);
  if (status === 'off') return null;
  if (status === 'lost') return <Lost retryAt={retryAt} now={now} />;
  const heard = lastHeard();
  const silence = heard === null ? 0 : Math.floor((now - heard) / 1000);
  const quiet = going && silence >= QUIET_SECONDS;
  return (
    <span className={styles.state}>
      <span className={cx(styles.dot, status === 'live' && !quiet && styles.live)} aria-hidden />
      {status === 'connecting' ? 'Connecting…' : quiet ? `Last heard ${silence} s ago` : 'Live'}
    </span>
  );
}

function Lost({ retryAt, now }: { retryAt: number | null; now: number }) {
  const wait = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1000);
  return (
    <span className={cx(styles.state, styles.lost)} role="status">
      <span className={styles.dot} aria-hidden />
      <span>Connection lost, {wait > 0 ? `retrying in ${wait} s` : 'retrying…'}</span>
      {wait > 1 && (
        <button type="button" className={styles.retry} onClick={reconnectNow}>
          Retry now
        </button>
      )}
    </span>
  );
}
