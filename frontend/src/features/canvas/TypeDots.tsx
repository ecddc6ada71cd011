import type { CSSProperties } from 'react';
import type { ModuleSpec } from '@/services/types.generated';
import { useCatalog } from '@/lib/modules/catalog';
import styles from './QuickAdd.module.css';

/** What goes into a module and what comes out, as coloured dots. */
export function TypeDots({ spec }: { spec: ModuleSpec }) {
  const types = useCatalog((state) => state.types);
  const dot = (type: string | undefined, key: string) => (
    <span
      key={key}
      className={styles.dot}
      style={{ '--hue': types.get(type ?? '')?.hue ?? 260 } as CSSProperties}
    />
  );
  return (
    <span className={styles.dots} aria-hidden>
      {spec.inputs.map((port) => dot(port.types[0], port.id))}
      <span className={styles.arrow}>→</span>
      {spec.outputs.map((port) => dot(port.type, port.id))}
    </span>
  );
}
