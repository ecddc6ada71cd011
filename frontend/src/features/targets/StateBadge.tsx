import { Badge } from '@/components/ui/Badge';
import { counted } from '@/lib/run/format';
import type { Target } from '@/services/queries/useTargets';

/** Whether a target can be used, and how many nodes do. */
export function StateBadge({ target }: { target: Target }) {
  const { available, busy, waiting, remote = false, reached } = target;
  if (!available) {
    if (remote && reached === null) return <Badge>looking for it…</Badge>;
    return <Badge tone="warning">{remote && reached !== true ? 'unreachable' : 'not available'}</Badge>;
  }
  if (busy.nodes > 0) return <Badge tone="accent">{counted(busy.nodes, 'node')} running</Badge>;
  if (waiting > 0) return <Badge tone="info">{waiting} waiting</Badge>;
  return <Badge tone="success">{remote ? 'ready' : 'idle'}</Badge>;
}
