import { memo, useMemo } from 'react';
import type { ModuleSpec } from '@/services/types.generated';
import { useDocument } from '@/lib/document/documentStore';
import { summaryOf } from '@/lib/document/summary';
import styles from './NodeFrame.module.css';

/** Up to three parameters that differ from their defaults, and what has yet to be chosen. */
export const ParameterSummary = memo(function ParameterSummary({
  nodeId,
  spec,
}: {
  nodeId: string;
  spec: ModuleSpec;
}) {
  const given = useDocument((state) => state.nodes[nodeId]?.parameters);
  const summary = useMemo(() => (given ? summaryOf(spec, given) : undefined), [spec, given]);
  if (!summary || (summary.items.length === 0 && summary.missing.length === 0)) return null;
  return (
    <p className={styles.summary}>
      {summary.missing.map((words) => (
        <span key={words} className={styles.todo}>
          {words}
        </span>
      ))}
      {summary.items.map(({ label, value }) => (
        <span key={label} className={styles.item}>
          {label !== '' && <span className={styles.itemLabel}>{label}</span>}
          <b>{value}</b>
        </span>
      ))}
      {summary.more > 0 && <span className={styles.item}>+{summary.more}</span>}
    </p>
  );
});
