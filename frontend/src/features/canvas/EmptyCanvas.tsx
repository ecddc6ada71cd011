import { MousePointerClick, Workflow } from 'lucide-react';
import { Button } from '@/components/ui/Button';
import { runCommand } from '@/lib/commands';
import { useDocument } from '@/lib/document/documentStore';
import { useCatalog } from '@/lib/modules/catalog';
import { useCanvasUi } from './canvasUi';
import styles from './EmptyCanvas.module.css';

/** What a canvas without nodes says: how to begin. */
export function EmptyCanvas({ onOpenSample }: { onOpenSample?: (() => void) | undefined }) {
  const empty = useDocument((state) => state.order.length === 0);
  const ready = useCatalog((state) => state.loaded);
  const readOnly = useCanvasUi((state) => state.readOnly);
  const busy = useCanvasUi((state) => state.quickAdd !== null);
  if (!empty || !ready || busy) return null;
  return (
    <div className={styles.empty}>
      <Sketch />
      <h2 className={styles.title}>{readOnly ? 'This pipeline is empty' : 'Build a pipeline'}</h2>
      {!readOnly && (
        <>
          <p className={styles.words}>
            Drag a module here, or double-click anywhere to add one. Then join the circles: outputs below,
            inputs above.
          </p>
          <div className={styles.actions} data-overlay>
            <Button icon={<MousePointerClick />} onClick={() => runCommand('quick-add')}>
              Add a module
            </Button>
            {onOpenSample && (
              <Button variant="primary" icon={<Workflow />} onClick={onOpenSample}>
                Open a sample
              </Button>
            )}
          </div>
        </>
      )}
    </div>
  );
}

/** Three nodes that aren't there yet. */
function Sketch() {
  return (
    <svg className={styles.sketch} width="196" height="112" viewBox="0 0 196 112" aria-hidden>
      <path d="M 52 34 C 52 58, 84 54, 84 78" />
      <path d="M 144 34 C 144 58, 112 54, 112 78" />
      <rect x="8" y="6" width="88" height="28" rx="7" />
      <rect x="100" y="6" width="88" height="28" rx="7" />
      <rect x="54" y="78" width="88" height="28" rx="7" />
      <circle cx="52" cy="34" r="4" />
      <circle cx="144" cy="34" r="4" />
      <circle cx="84" cy="78" r="4" />
      <circle cx="112" cy="78" r="4" />
    </svg>
  );
}
