import { useEffect, useRef } from 'react';

import styles from './ConfusionMatrix.module.css';
import { heatPixels } from './confusion';

interface HeatMapProps {
  confusion: readonly (readonly number[])[];
  label: string;
  /** A place was pressed, as parts of the height and width. */
  onPick?: (row: number, column: number) => void;
}

/** A whole confusion matrix as a picture, one dot for each cell: as quick with a thousand classes as with ten. */
export function HeatMap({ confusion, label, onPick }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = confusion.length;
  useEffect(() => {
    const target = canvas.current;
    const context = target?.getContext('2d', { willReadFrequently: true });
    if (!target || !context) return;
    const draw = () => {
      const css = (name: string) => rgbOf(context, getComputedStyle(target).getPropertyValue(name).trim());
      const colors = { right: css('--chart-3'), wrong: css('--chart-1'), none: css('--surface-sunken') };
      const image = context.createImageData(size, size);
      image.data.set(heatPixels(confusion, colors));
      context.putImageData(image, 0, 0);
    };
    draw();
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      theme.disconnect();
    };
  }, [confusion, size]);
  return (
    <canvas
      ref={canvas}
      width={size}
      height={size}
      className={styles.map}
      role="img"
      aria-label={label}
      data-pick={onPick !== undefined || undefined}
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const part = (at: number, from: number, length: number) =>
          Math.min(size - 1, Math.max(0, Math.floor(((at - from) / length) * size)));
        onPick?.(part(event.clientY, box.top, box.height), part(event.clientX, box.left, box.width));
      }}
    />
  );
}

/** A colour of the theme as red, green and blue. */
function rgbOf(context: CanvasRenderingContext2D, color: string): readonly [number, number, number] {
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
