import { useMemo } from 'react';

import { documentStore } from '@/lib/document/documentStore';
import { differences } from '@/lib/document/differences';
import type { PipelineDocument } from '@/lib/document/types';
import { useCatalog } from '@/lib/modules/catalog';

import styles from './RevisionChanges.module.css';

/** What restoring a revision would do to the draft. */
export function RevisionChanges({ document }: { document: PipelineDocument }) {
  const modules = useCatalog((state) => state.modules);
  const changes = useMemo(
    () => differences(documentStore.getState().toDocument(), document, modules),
    [document, modules],
  );
  if (changes.length === 0) return <p className={styles.none}>It is as the pipeline is now.</p>;
  return (
    <section className={styles.changes} aria-label="What restoring it changes">
      <h3>Restoring it changes</h3>
      <ul>
        {changes.map(({ of, what }, place) => (
          <li key={place}>
            <strong>{of}</strong> {what}
          </li>
        ))}
      </ul>
    </section>
  );
}
