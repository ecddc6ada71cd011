import { nodeTitle, useCatalog } from '@/lib/modules/catalog';
import type { Run } from '@/lib/run/types';

import styles from './CompareGraph.module.css';
import { allNodes, differenceOf, type ParameterRow } from './compareRuns';

const NODE = { width: 236, height: 64 };
const MARGIN = 24;

interface CompareGraphProps {
  runs: readonly Run[];
  rows: readonly ParameterRow[];
  selected: string | null;
  onSelect: (nodeId: string | null) => void;
}

const WORDS = { same: 'the same in all runs', changed: 'changed', missing: 'not in every run' };

/** The graph of all runs in one drawing; what differs between them is coloured. */
export function CompareGraph({ runs, rows, selected, onSelect }: CompareGraphProps) {
  const modules = useCatalog((state) => state.modules);
  const nodes = allNodes(runs);
  const places = new Map(nodes.map((node) => [node.id, node.position]));
  const wires = new Map(
    runs.flatMap((run) =>
      run.document.wires.map(({ from, to }) => [
        `${from.join('/')}>${to.join('/')}`,
        { from: from[0], to: to[0] },
      ]),
    ),
  );
  const xs = nodes.map((node) => node.position[0]);
  const ys = nodes.map((node) => node.position[1]);
  const [left, top] = [Math.min(...xs) - MARGIN, Math.min(...ys) - MARGIN];
  const width = Math.max(...xs) + NODE.width + MARGIN - left;
  const height = Math.max(...ys) + NODE.height + MARGIN - top;
  return (
    <svg
      className={styles.graph}
      viewBox={`${left} ${top} ${width} ${height}`}
      role="group"
      aria-label="The pipeline with what was changed"
    >
      {[...wires].map(([key, { from, to }]) => {
        const start = places.get(from);
        const end = places.get(to);
        if (start === undefined || end === undefined) return null;
        const [x1, y1] = [start[0] + NODE.width / 2, start[1] + NODE.height];
        const [x2, y2] = [end[0] + NODE.width / 2, end[1]];
        const bend = Math.max(30, Math.abs(y2 - y1) / 2);
        return (
          <path
            key={key}
            className={styles.wire}
            d={`M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`}
          />
        );
      })}
      {nodes.map((node) => {
        const difference = differenceOf(node.id, runs, rows);
        const title = nodeTitle(node, modules);
        const choose = () => {
          onSelect(selected === node.id ? null : node.id);
        };
        return (
          <g
            key={node.id}
            className={styles.node}
            transform={`translate(${node.position[0]} ${node.position[1]})`}
            data-difference={difference}
            role="button"
            tabIndex={0}
            aria-pressed={selected === node.id}
            aria-label={`${title}: ${WORDS[difference]}`}
            onClick={choose}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== ' ') return;
              event.preventDefault();
              choose();
            }}
          >
            <rect width={NODE.width} height={NODE.height} rx={12} />
            <text x={NODE.width / 2} y={NODE.height / 2} dominantBaseline="central" textAnchor="middle">
              {title.length > 24 ? `${title.slice(0, 23)}…` : title}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
