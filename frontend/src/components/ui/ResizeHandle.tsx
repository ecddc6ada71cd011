import { useRef } from 'react';
import styles from './ResizeHandle.module.css';

interface ResizeHandleProps {
  label: string;
  /** The edge of the panel that the handle lies on. */
  edge: 'left' | 'right';
  size: number;
  minimum: number;
  maximum: number;
  onResize: (size: number) => void;
}

/** A panel's edge that can be dragged, or moved by the arrow keys. */
export function ResizeHandle({ label, edge, size, minimum, maximum, onResize }: ResizeHandleProps) {
  const grabbed = useRef<{ x: number; size: number } | null>(null);
  const outwards = edge === 'left' ? -1 : 1;
  const resize = (wanted: number) => onResize(Math.round(Math.min(maximum, Math.max(minimum, wanted))));
  return (
    <div
      className={styles.handle}
      data-edge={edge}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation="vertical"
      aria-valuenow={size}
      aria-valuemin={minimum}
      aria-valuemax={maximum}
      onPointerDown={(event) => {
        grabbed.current = { x: event.clientX, size };
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
      }}
      onPointerMove={(event) => {
        if (grabbed.current) resize(grabbed.current.size + outwards * (event.clientX - grabbed.current.x));
      }}
      onPointerUp={() => (grabbed.current = null)}
      onPointerCancel={() => (grabbed.current = null)}
      onKeyDown={(event) => {
        const step = event.shiftKey ? 64 : 16;
        if (event.key === 'ArrowLeft') resize(size - outwards * step);
        if (event.key === 'ArrowRight') resize(size + outwards * step);
      }}
    />
  );
}
