import { bytes, duration } from './format';
import styles from './MemoryCurve.module.css';
import { drawMemory, type MemoryPoint } from './memoryDrawing';

const WIDTH = 300;
const HEIGHT = 56;

interface MemoryCurveProps {
  points: readonly MemoryPoint[];
  peak: number | null;
  /** How much there was to be had. */
  limit?: number | null;
}

/** How much memory a node and all its processes took over time, with the line that it must not cross. */
export function MemoryCurve({ points, peak, limit = null }: MemoryCurveProps) {
  const highest = peak ?? Math.max(0, ...points.map(([, size]) => size));
  // A limit far away would press the curve flat; it is only told then.
  const near = limit !== null && highest > limit / 4 ? limit : null;
  const { line, area, limitY } = drawMemory(points, near, WIDTH, HEIGHT);
  const last = points.at(-1);
  const words = `Memory: ${bytes(highest)} at most${limit === null ? '' : `, limit ${bytes(limit)}`}`;
  return (
    <figure className={styles.figure} role="img" aria-label={words}>
      <figcaption className={styles.caption}>
        <span>Memory</span>
        <span className={styles.figures}>
          {last !== undefined && <span>last {bytes(last[1])}</span>}
          <strong>peak {bytes(highest)}</strong>
          {limit !== null && <span className={styles.limitWords}>limit {bytes(limit)}</span>}
        </span>
      </figcaption>
      <svg className={styles.plot} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
        <polygon className={styles.area} points={area} />
        <polyline className={styles.line} points={line} />
        {limitY !== null && <line className={styles.limit} x1={0} x2={WIDTH} y1={limitY} y2={limitY} />}
        <line className={styles.base} x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      </svg>
      <div className={styles.axis} aria-hidden>
        <span>0 s</span>
        <span>{last === undefined ? '' : duration(last[0])}</span>
      </div>
    </figure>
  );
}
