import { useDocument } from '@/lib/document/documentStore';
import { useModuleSpec } from '@/lib/modules/catalog';

import styles from './SinceThen.module.css';
import { parameterLines } from './submittedChanges';

/** While a run is looked at as it was: which of a node's parameters the draft has changed since. */
export function SinceThen({ nodeId }: { nodeId: string }) {
  const then = useDocument((state) => state.nodes[nodeId]);
  const now = useDocument((state) => state.draft?.nodes[nodeId]);
  const spec = useModuleSpec(then?.module ?? '');
  if (then === undefined || spec === undefined) return null;
  const changed = parameterLines(spec, then, now).filter((line) => line.now !== null);
  const words =
    now === undefined
      ? 'The draft has this node no more.'
      : changed.length === 0
        ? 'The draft has the same parameters.'
        : 'Changed in the draft since:';
  return (
    <section className={styles.since} aria-label="Changed since">
      <p>{words}</p>
      {changed.length > 0 && (
        <dl>
          {changed.map(({ id, label, value, now: later }) => (
            <div key={id}>
              <dt>{label}</dt>
              <dd>
                {value} → <strong>{later}</strong>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
