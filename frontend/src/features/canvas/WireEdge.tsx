import { BaseEdge, type EdgeProps } from '@xyflow/react';
import { memo, useState, type CSSProperties, type PointerEvent } from 'react';
import { useDocument } from '@/lib/document/documentStore';
import type { Point } from '@/lib/document/types';
import { useCatalog } from '@/lib/modules/catalog';
import { nodeOf, useRunState } from '@/lib/run/runStore';
import { useConnection } from '@/services/socket';
import type { WireFlowEdge } from './flowStore';
import { useIsInsertedInto } from './insertion';
import { useLift } from './lift';
import styles from './WireEdge.module.css';
import { pressWireEnd } from './wireGesture';
import { wirePath } from './wirePath';
import { useWiring } from './wiring';

/** A wire in the colour of what it carries, with a grip at each end to move it elsewhere. */
export const WireEdge = memo(function WireEdge({
  id,
  source,
  target,
  sourceX,
  sourceY,
  targetX,
  targetY,
  sourceHandleId,
  selected,
  data,
}: EdgeProps<WireFlowEdge>) {
  const moduleId = useDocument((state) => state.nodes[source]?.module ?? '');
  const hue = useCatalog((state) => {
    const port = state.modules.get(moduleId)?.outputs.find((output) => output.id === sourceHandleId);
    return port && state.types.get(port.type)?.hue;
  });
  const wire = data?.wire;
  const moving = useWiring((state) => wire !== undefined && state.wiring?.moving === wire);
  const inserting = useIsInsertedInto(id);
  const live = useConnection(({ status }) => status !== 'lost');
  const flowing = useRunState(({ run }) => nodeOf(run, target)?.status === 'running') && live;
  // Most wires are never touched: their grips come with the pointer.
  const [near, setNear] = useState(false);
  const [sourceBy, targetBy] = [useLift(source), useLift(target)];
  const path = wirePath(moved([sourceX, sourceY], sourceBy), moved([targetX, targetY], targetBy));
  return (
    <g
      className={styles.wire}
      data-wire={id}
      data-selected={selected === true || undefined}
      data-moving={moving || undefined}
      data-inserting={inserting || undefined}
      data-flowing={flowing || undefined}
      onPointerEnter={() => setNear(true)}
      onPointerLeave={() => setNear(false)}
      style={hue === undefined ? undefined : ({ '--hue': hue } as CSSProperties)}
    >
      <BaseEdge path={path.d} interactionWidth={22} />
      {wire && (near || selected === true) && (
        <>
          <Grip at={path.near} onPress={(event) => pressWireEnd(event.nativeEvent, wire, 'output')} />
          <Grip at={path.far} onPress={(event) => pressWireEnd(event.nativeEvent, wire, 'input')} />
        </>
      )}
    </g>
  );
});

function moved([x, y]: Point, by: Point | undefined): Point {
  return by ? [x + by[0], y + by[1]] : [x, y];
}

function Grip({ at, onPress }: { at: Point; onPress: (event: PointerEvent) => void }) {
  return (
    <g
      className={`${styles.grip} nodrag nopan`}
      transform={`translate(${at[0]} ${at[1]})`}
      onPointerDown={onPress}
    >
      <circle className={styles.gripArea} r={11} />
      <circle className={styles.gripDot} r={4} />
    </g>
  );
}
