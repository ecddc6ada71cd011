import styles from './Skeleton.module.css';

interface SkeletonProps {
  width?: number | string;
  height?: number | string;
  /** Repeats the bar, for lists. */
  lines?: number;
}

/** A quiet placeholder with the size of what is coming, so that nothing jumps. */
export function Skeleton({ width = '100%', height = 14, lines = 1 }: SkeletonProps) {
  return (
    <div className={styles.stack} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className={styles.bar} style={{ width, height }} />
      ))}
    </div>
  );
}
