import type { ReactNode } from 'react';
import { useCatalog } from '@/lib/modules/catalog';
import type { ModuleSpec } from '@/services/types.generated';
import { useFoldedSections } from './foldedSections';
import styles from './ModuleAbout.module.css';
import { Section } from './Section';

/** What a module does and what goes in and comes out. */
export function ModuleAbout({ spec }: { spec: ModuleSpec }) {
  const folded = useFoldedSections();
  return (
    <Section
      title={`About ${spec.title}`}
      open={folded.open['about'] ?? false}
      onOpenChange={(open) => folded.setOpen('about', open)}
    >
      <p className={styles.help}>{spec.help}</p>
      <Ports title="Inputs">
        {spec.inputs.map((port) => (
          <Port
            key={port.id}
            label={port.label}
            types={port.types}
            help={port.help}
            optional={port.optional}
          />
        ))}
      </Ports>
      <Ports title="Outputs">
        {spec.outputs.map((port) => (
          <Port key={port.id} label={port.label} types={[port.type]} help={port.help} />
        ))}
      </Ports>
      <p className={styles.id}>
        <code>{spec.id}</code> · version {spec.version} · {spec.category}
      </p>
    </Section>
  );
}

function Ports({ title, children }: { title: string; children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <div>
      <h4 className={styles.title}>{title}</h4>
      <ul className={styles.ports}>{children}</ul>
    </div>
  );
}

interface PortProps {
  label: string;
  types: readonly string[];
  help: string;
  optional?: boolean;
}

function Port({ label, types, help, optional = false }: PortProps) {
  const known = useCatalog((state) => state.types);
  const names = types.map((type) => known.get(type)?.title ?? type).join(' or ');
  const hue = known.get(types[0] ?? '')?.hue ?? 0;
  return (
    <li className={styles.port}>
      <span
        className={styles.dot}
        style={{ background: `oklch(var(--port-l) var(--port-c) ${hue})` }}
        aria-hidden
      />
      <span>
        <strong>{label}</strong> <span className={styles.type}>{names}</span>
        {optional && <span className={styles.type}> · optional</span>}
        <span className={styles.about}>{help}</span>
      </span>
    </li>
  );
}
