import { createPortal } from 'react-dom';
import type { CSSProperties } from 'react';
import { canvasApi } from '@/lib/canvas/canvasApi';
import { usePlacement } from '@/lib/canvas/placement';
import { useCatalog } from '@/lib/modules/catalog';
import { ModuleIcon } from '@/lib/modules/ModuleIcon';
import styles from './Palette.module.css';

/** The node that is about to be, below the pointer, in the size it will have on the canvas. */
export function PlacementGhost() {
  const placing = usePlacement();
  const spec = useCatalog((state) => (placing ? state.modules.get(placing.moduleId) : undefined));
  const types = useCatalog((state) => state.types);
  if (!placing || !spec) return null;
  const zoom = placing.overCanvas ? (canvasApi()?.zoom() ?? 1) : 0.8;
  const [x, y] = placing.client;
  const dot = (type: string | undefined, key: string) => (
    <span key={key} style={{ '--hue': types.get(type ?? '')?.hue ?? 260 } as CSSProperties} />
  );
  return createPortal(
    <div
      className={styles.ghost}
      data-over={placing.overCanvas || undefined}
      style={{ transform: `translate(${x}px, ${y}px) scale(${zoom}) translate(-50%, -24px)` }}
      aria-hidden
    >
      <div className={styles.ghostPorts}>{spec.inputs.map((port) => dot(port.types[0], port.id))}</div>
      <ModuleIcon moduleId={spec.id} />
      <span className={styles.ghostTitle}>{spec.title}</span>
      <div className={styles.ghostPorts} data-side="output">
        {spec.outputs.map((port) => dot(port.type, port.id))}
      </div>
    </div>,
    document.body,
  );
}
