import { useNodeFacts, type PortFacts } from '@/lib/facts/factsStore';
import type { ModuleSpec } from '@/services/types.generated';
import { useFoldedSections } from './foldedSections';
import styles from './NodeFacts.module.css';
import { Section } from './Section';

/** What is known of each output before the node has run, and of what it made once it has. */
export function NodeFacts({ nodeId, spec }: { nodeId: string; spec: ModuleSpec }) {
  const facts = useNodeFacts(nodeId);
  const folded = useFoldedSections();
  const ports = spec.outputs.flatMap((port) => {
    const known = facts[port.id];
    return known === undefined || known.rows.length === 0 ? [] : [{ port, known }];
  });
  if (ports.length === 0) return null;
  return (
    <Section
      title="What comes out"
      open={folded.open['facts'] ?? true}
      onOpenChange={(open) => folded.setOpen('facts', open)}
    >
      {ports.map(({ port, known }) => (
        <section key={port.id} className={styles.port} aria-label={port.label}>
          <h4 className={styles.title}>
            {port.label}
            <span className={styles.origin}>{known.exact ? 'as made' : 'foreseen'}</span>
          </h4>
          <Rows facts={known} />
        </section>
      ))}
    </Section>
  );
}

function Rows({ facts }: { facts: PortFacts }) {
  return (
    <dl className={styles.rows}>
      {facts.rows.map(([name, value], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
