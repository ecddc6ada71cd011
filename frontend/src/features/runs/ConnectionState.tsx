import { cx } from '@/components/ui/cx';
import { isOver } from '@/lib/run/types';
import { lastEventAt, useRunState } from '@/lib/run/runStore';
import { useNow } from '@/lib/run/useNow';
import { lastHeard, reconnectNow, useConnection } from '@/services/socket';

import styles from './ConnectionState.module.css';

const QUIET_SECONDS = 6;
/** A node at work tells its memory every two seconds, so that a run is never silent for this long. */
const SILENT_SECONDS = 15;

/** Whether what the page shows is live: `Live`, `Last heard 12 s ago`, or that it is not and when the next try is. */
export function ConnectionState() {
  const { status, retryAt } = useConnection((connection) => connection);
  const going = useRunState(({ run, replaying }) => run !== null && !replaying && !isOver(run.status));
  const working = useRunState(
    ({ run }) => run !== null && Object.values(run.nodes).some((node) => node.status === 'running'),
  );
  const now = useNow(status === 'lost' || going, 500);
  if (status === 'off') return null;
  if (status === 'lost') return <Lost retryAt={retryAt} now={now} />;
  const silence = secondsSince(lastHeard(), now);
  const stopped = secondsSince(lastEventAt(), now);
  if (status === 'live' && going && working && stopped >= SILENT_SECONDS) return <Silent seconds={stopped} />;
  const quiet = going && silence >= QUIET_SECONDS;
  return (
    <span className={styles.state}>
      <span className={cx(styles.dot, status === 'live' && !quiet && styles.live)} aria-hidden />
      {status === 'connecting' ? 'Connecting…' : quiet ? `Last heard ${ago(silence)}` : 'Live'}
    </span>
  );
}

function ago(seconds: number): string {
  return `${seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} ago`;
}

function secondsSince(moment: number | null, now: number): number {
  return moment === null ? 0 : Math.floor((now - moment) / 1000);
}

/** The connection is there, but the run says nothing any more. */
function Silent({ seconds }: { seconds: number }) {
  return (
    <span
      className={cx(styles.state, styles.silent)}
      title="The server answers, but nothing is heard of the nodes that should be at work."
    >
      <span className={styles.dot} aria-hidden />
      Last heard {ago(seconds)}
    </span>
  );
}

function Lost({ retryAt, now }: { retryAt: number | null; now: number }) {
  const wait = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1000);
  const heardAt = lastHeard();
  return (
    <span className={cx(styles.state, styles.lost)}>
      <span className={styles.dot} aria-hidden />
      {/* What counts is not read out for every second. */}
      <span role="status">Connection lost</span>
      {heardAt !== null && <span>last heard {ago(secondsSince(heardAt, now))}</span>}
      <span>{wait > 0 ? `retrying in ${wait} s` : 'retrying…'}</span>
      {wait > 1 && (
        <button type="button" className={styles.retry} onClick={reconnectNow}>
          Retry now
        </button>
      )}
    </span>
  );
}
