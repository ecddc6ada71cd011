import { memo, type CSSProperties, type KeyboardEvent, type PointerEvent } from 'react';
import { useDocument } from '@/lib/document/documentStore';
import { portKey, type PortSide } from '@/lib/document/types';
import { wireIndex } from '@/lib/document/wireIndex';
import { portRemark, useFacts } from '@/lib/facts/factsStore';
import { useCatalog } from '@/lib/modules/catalog';
import { useCanvasUi } from './canvasUi';
import styles from './Port.module.css';
import { pressPort, pressPortKey } from './wireGesture';
import { useWiring } from './wiring';

interface PortProps {
  readonly nodeId: string;
  readonly portId: string;
  readonly side: PortSide;
  readonly label: string;
  /** One type's id, or several joined by `or`. */
  readonly type: string;
  readonly optional: boolean;
}

/** One end for wires: a circle in the colour of its type, on the node's edge. */
export const Port = memo(function Port({ nodeId, portId, side, label, type, optional }: PortProps) {
  const key = portKey([nodeId, portId], side);
  const readOnly = useCanvasUi((state) => state.readOnly);
  const wired = useDocument(({ wires }) =>
    side === 'input' ? wireIndex(wires).into.has(key) : wireIndex(wires).used.has(key),
  );
  const role = useWiring(({ wiring, hover }) => {
    if (!wiring) return undefined;
    if (hover?.anchor === key) return hover.verdict.ok ? 'aimed' : 'refusing';
    if (portKey(wiring.end.ref, wiring.end.side) === key) return 'start';
    return wiring.fit.judge([nodeId, portId], side).ok ? 'fits' : 'dim';
  });
  const remark = useFacts((state) => portRemark(state, nodeId, portId));
  const hue = useCatalog((state) => state.types.get(type.split(' ')[0] ?? '')?.hue);
  const place = side === 'input' ? 'top' : 'bottom';
  const kind = side === 'input' ? 'target' : 'source';
  return (
    <button
      type="button"
      className={`react-flow__handle react-flow__handle-${place} ${kind} nodrag nopan ${styles.port}`}
      data-port={key}
      data-port-side={side}
      data-nodeid={nodeId}
      data-handleid={portId}
      data-handlepos={place}
      data-wired={wired || undefined}
      data-optional={optional || undefined}
      data-role={role}
      data-remark={remark?.severity}
      style={hue === undefined ? undefined : ({ '--hue': hue } as CSSProperties)}
      aria-label={`${side === 'input' ? 'Input' : 'Output'} ${label}, ${type || 'type unknown'}${optional ? ', optional' : ''}${wired ? ', wired' : ''}${remark ? `. ${remark.text}` : ''}`}
      disabled={readOnly}
      onPointerDown={(event: PointerEvent) => {
        pressPort(event.nativeEvent, { ref: [nodeId, portId], side });
      }}
      onKeyDown={(event: KeyboardEvent) => {
        pressPortKey(event.nativeEvent, { ref: [nodeId, portId], side });
      }}
    >
      <span className={styles.dot} />
      <span className={styles.label} aria-hidden>
        {label}
      </span>
    </button>
  );
});
