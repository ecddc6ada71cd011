import { useEffect, useState } from 'react';

import { lastHeard, useConnection } from '@/services/socket';

import { useRunState } from './runStore';

/** The time (milliseconds since 1970), refreshed while `active`. */
export function useNow(active: boolean, everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => {
      setNow(Date.now());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [active, everyMs]);
  return now;
}

/**
 * The server's time in seconds for running clocks. It stands still while the connection is lost: nobody knows then
 * whether the run still goes on.
 */
export function useRunClock(active: boolean): number {
  const lost = useConnection(({ status }) => status === 'lost');
  const skew = useRunState((view) => view.clockSkew);
  const now = useNow(active && !lost);
  return (lost ? (lastHeard() ?? now) : now) / 1000 + skew;
}
