import { useEffect } from 'react';

import { runPart } from '@/lib/run/runPart';
import { useRunState } from '@/lib/run/runStore';
import type { Run } from '@/lib/run/types';

import { part } from './nodeWords';

/** Keeps the title of the browser's tab in step with the run, so that it can be followed from another tab. */
export function useRunTitle(name: string): void {
  const state = useRunState(({ run, replaying }) => (run === null || replaying ? null : titleState(run)));
  useEffect(() => {
    document.title = [state, name, 'Torchwire'].filter(Boolean).join(' · ');
  }, [state, name]);
}

function titleState(run: Run): string {
  switch (run.status) {
    case 'queued':
      return '… Queued';
    case 'running':
      return `▶ ${Math.floor(share(run) * 100)} %`;
    case 'completed':
      return '✓ Completed';
    case 'failed':
      return '✕ Failed';
    case 'cancelled':
      return '■ Cancelled';
  }
}

/** How much of the run is done; a node under way counts for its part. */
function share(run: Run): number {
  const asked = runPart(run);
  const nodes = Object.entries(run.nodes).flatMap(([id, node]) => (asked?.has(id) === false ? [] : [node]));
  if (nodes.length === 0) return 0;
  const done = nodes.reduce((sum, node) => {
    if (node.status === 'running') return sum + (part(node.progress) ?? 0);
    return sum + (node.status === 'pending' || node.status === 'queued' ? 0 : 1);
  }, 0);
  return done / nodes.length;
}
