import { CircleArrowRight, CircleDashed, History, Recycle } from 'lucide-react';
import { memo } from 'react';

import type { FreshnessKind } from '@/lib/plan/planWords';

import styles from './FreshnessLine.module.css';
import { useFreshness, usePlanTells } from './useFreshness';

/** On a node's face: what Submit would do with it and why, where that is worth a line. */
export const FreshnessLine = memo(function FreshnessLine({ nodeId }: { nodeId: string }) {
  const freshness = useFreshness(nodeId);
  const tells = usePlanTells();
  if (freshness === null || !tells || freshness.kind === 'fresh' || freshness.kind === 'always') return null;
  return (
    <p className={styles.line} data-freshness={freshness.kind} data-hint={freshness.long}>
      <FreshnessIcon kind={freshness.kind} />
      <span>{freshness.short}</span>
    </p>
  );
});

export function FreshnessIcon({ kind }: { kind: FreshnessKind }) {
  switch (kind) {
    case 'fresh':
    case 'reuse':
      return <Recycle aria-hidden />;
    case 'continue':
      return <CircleArrowRight aria-hidden />;
    case 'stale':
      return <History aria-hidden />;
    case 'run':
    case 'always':
      return <CircleDashed aria-hidden />;
  }
}
