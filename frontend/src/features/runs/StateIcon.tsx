import { Ban, CircleAlert, CircleCheck, CircleDashed, Clock3, Recycle, SkipForward } from 'lucide-react';

import { cx } from '@/components/ui/cx';
import { Spinner } from '@/components/ui/Spinner';
import type { NodeStatus, RunStatus } from '@/lib/run/types';

import styles from './StateIcon.module.css';

interface StateIconProps {
  status: NodeStatus | RunStatus;
  reused?: boolean;
  /** Nobody knows whether it still goes on: drawn still and grey. */
  stale?: boolean;
  size?: number;
}

/** The state of a run or node as a shape and a colour. Its meaning must be said in words beside it. */
export function StateIcon({ status, reused = false, stale = false, size = 14 }: StateIconProps) {
  return (
    <span
      className={cx(styles.icon, styles[reused ? 'reused' : status], stale && styles.stale)}
      style={{ width: size, height: size }}
      aria-hidden
    >
      {status === 'running' ? stale ? <CircleDashed /> : <Spinner size={size} /> : shape(status, reused)}
    </span>
  );
}

function shape(status: Exclude<NodeStatus | RunStatus, 'running'>, reused: boolean) {
  switch (status) {
    case 'pending':
      return <CircleDashed />;
    case 'queued':
      return <Clock3 />;
    case 'completed':
      return reused ? <Recycle /> : <CircleCheck />;
    case 'failed':
      return <CircleAlert />;
    case 'cancelled':
      return <Ban />;
    case 'skipped':
      return <SkipForward />;
  }
}
