import type { PipelineDocument } from '@/lib/document/types';
import { useCatalog } from '@/lib/modules/catalog';
import styles from './DocumentSketch.module.css';

const NODE = { width: 220, height: 76 };
const MARGIN = 60;

/** The graph in small, drawn from the document alone. */
export function DocumentSketch({ document }: { document: PipelineDocument }) {
  const modules = useCatalog((state) => state.modules);
  const types = useCatalog((state) => state.types);
  const moduleOf = new Map(document.nodes.map((node) => [node.id, modules.get(node.module)]));
  const colourOf = (nodeId: string, portId?: string) => {
    const outputs = moduleOf.get(nodeId)?.outputs ?? [];
    const output = outputs.find((port) => port.id === portId) ?? outputs[0];
    const hue = types.get(output?.type ?? '')?.hue;
    return hue === undefined ? undefined : `oklch(var(--port-l) var(--port-c) ${hue})`;
  };
  const at = new Map(document.nodes.map((node) => [node.id, node.position]));
  const xs = document.nodes.map((node) => node.position[0]);
  const ys = document.nodes.map((node) => node.position[1]);
  const left = Math.min(...xs, 0 + (xs[0] ?? 0)) - MARGIN;
  const top = Math.min(...ys, 0 + (ys[0] ?? 0)) - MARGIN;
  const width = Math.max(...xs, xs[0] ?? 0) + NODE.width + MARGIN - left;
  const height = Math.max(...ys, ys[0] ?? 0) + NODE.height + MARGIN - top;
  if (document.nodes.length === 0) return <div className={styles.sketch} aria-hidden />;
  return (
    <svg className={styles.sketch} viewBox={`${left} ${top} ${width} ${height}`} aria-hidden>
      {document.wires.map((wire) => {
        const from = at.get(wire.from[0]);
        const to = at.get(wire.to[0]);
        if (!from || !to) return null;
        const [x1, y1, x2, y2] = [
          from[0] + NODE.width / 2,
          from[1] + NODE.height,
          to[0] + NODE.width / 2,
          to[1],
        ];
        const bend = Math.max(30, Math.abs(y2 - y1) / 2);
        return (
          <path
            key={`${wire.from.join()}-${wire.to.join()}`}
            className={styles.wire}
            style={{ stroke: colourOf(...wire.from) }}
            d={`M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`}
          />
        );
      })}
      {document.nodes.map((node) => (
        <g key={node.id} transform={`translate(${node.position[0]} ${node.position[1]})`}>
          <rect className={styles.node} width={NODE.width} height={NODE.height} rx={16} />
          <rect
            className={styles.icon}
            style={{ fill: colourOf(node.id) }}
            x={16}
            y={20}
            width={36}
            height={36}
            rx={10}
          />
          <rect className={styles.text} x={66} y={31} width={NODE.width - 96} height={14} rx={7} />
        </g>
      ))}
    </svg>
  );
}
