import type { PipelineDocument } from '@/lib/document/types';
import styles from './DocumentSketch.module.css';

const NODE = { width: 220, height: 76 };
const MARGIN = 60;

/** The graph in small, drawn from the document alone. */
export function DocumentSketch({ document }: { document: PipelineDocument }) {
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
            d={`M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`}
          />
        );
      })}
      {document.nodes.map((node) => (
        <rect
          key={node.id}
          className={styles.node}
          x={node.position[0]}
          y={node.position[1]}
          width={NODE.width}
          height={NODE.height}
          rx={14}
        />
      ))}
    </svg>
  );
}
