import { ChevronLeft, ChevronRight, TriangleAlert, X } from 'lucide-react';
import { IconButton } from '@/components/ui/IconButton';
import { useDocument } from '@/lib/document/documentStore';
import { faultStore, useFaults } from '@/lib/document/faultStore';
import { nodeTitle, useCatalog } from '@/lib/modules/catalog';
import styles from './FaultBar.module.css';

/** What has to be mended before the pipeline can run: one fault at a time, with the way to the others. */
export function FaultBar() {
  const faults = useFaults((state) => state.faults);
  const current = useFaults((state) => state.current);
  const { next, previous, leadTo, clear } = faultStore.getState();
  if (faults.length === 0) return null;
  const fault = faults[current ?? 0];
  return (
    <section className={styles.bar} aria-label="Faults">
      <TriangleAlert className={styles.sign} aria-hidden />
      <button type="button" className={styles.words} onClick={() => leadTo(current ?? 0)}>
        <span role="alert">
          {fault?.node !== undefined && <Where nodeId={fault.node} />}
          {fault?.message}
        </span>
        {fault?.hint !== undefined && <span className={styles.hint}> {fault.hint}</span>}
      </button>
      <span className={styles.count}>
        {(current ?? 0) + 1} of {faults.length}
      </span>
      <IconButton
        label="Previous fault"
        shortcut="Shift+F8"
        size="sm"
        icon={<ChevronLeft />}
        onClick={previous}
      />
      <IconButton label="Next fault" shortcut="F8" size="sm" icon={<ChevronRight />} onClick={next} />
      <IconButton label="Dismiss the faults" size="sm" icon={<X />} onClick={clear} />
    </section>
  );
}

function Where({ nodeId }: { nodeId: string }) {
  const node = useDocument((state) => state.nodes[nodeId]);
  const modules = useCatalog((state) => state.modules);
  return <strong className={styles.where}>{node ? nodeTitle(node, modules) : nodeId}</strong>;
}
