import styles from './Spinner.module.css';

/** A turning ring for waits that are short; its meaning must be said in words nearby. */
export function Spinner({ size = 14 }: { size?: number }) {
  return <span className={styles.spinner} style={{ width: size, height: size }} aria-hidden />;
}
