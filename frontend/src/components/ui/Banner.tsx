import { CloudOff, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './Banner.module.css';
import { cx } from './cx';

interface BannerProps {
  tone: 'warning' | 'danger' | 'offline';
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

/** A line across the page about its state as a whole. */
export function Banner({ tone, title, children, actions }: BannerProps) {
  return (
    <div className={cx(styles.banner, styles[tone])} role="alert">
      {tone === 'offline' ? <CloudOff aria-hidden /> : <TriangleAlert aria-hidden />}
      <p className={styles.words}>
        <strong>{title}</strong> {children}
      </p>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
