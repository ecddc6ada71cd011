import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import type { LineChartProps } from './chartTypes';
import styles from './UplotChart.module.css';

const AXIS_FONT = '11px system-ui, sans-serif';

/** Every point is drawn: a chart that leaves some out may leave out the best. */
export function UplotChart(props: LineChartProps) {
  const { title, label, x, xLabel, lines, height, words, ticks, mark = null } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef({ mark, ticks });
  const [hover, setHover] = useState<number | null>(null);
  const shape = lines.map(({ label, color, dashed }) => `${label}|${color}|${dashed === true}`).join('\n');

  useEffect(() => {
    latest.current = { mark, ticks };
  }, [mark, ticks]);

  useEffect(() => {
    const target = box.current;
    if (target === null) return;
    const made = new uPlot(
      optionsOf(target, shape, height, () => latest.current, setHover),
      [[], ...shape.split('\n').map(() => [])],
      target,
    );
    chart.current = made;
    const resize = new ResizeObserver(() => {
      if (target.clientWidth > 0) made.setSize({ width: target.clientWidth, height });
    });
    resize.observe(target);
    const theme = new MutationObserver(() => {
      made.redraw(false, true);
    });
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      resize.disconnect();
      theme.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [shape, height]);

  useEffect(() => {
    const data = [x, ...lines.map(({ y }) => y)] as unknown as uPlot.AlignedData;
    chart.current?.setData(data);
  }, [x, lines, mark, shape, height]);

  const at = hover ?? mark?.index ?? x.length - 1;
  const step = x[at];
  return (
    <figure className={styles.chart} aria-label={label}>
      <figcaption>
        <span className={styles.head}>
          <b className={styles.title}>{title}</b>
          <span className={styles.step}>
            {step !== undefined &&
              (hover !== null || mark !== null || lines.every(({ y }) => y[at] != null)) &&
              `${xLabel} ${step}${hover === null && mark !== null ? `, ${mark.label}` : ''}`}
          </span>
        </span>
        <span className={styles.readout}>
          {lines.map((line) => {
            // Lines may end at different steps: unless one is pointed at, each says where it has got to.
            const value = line.y[at] ?? (hover === null && mark === null ? lastOf(line.y) : null);
            return (
              <span key={line.label} className={styles.entry}>
                <i
                  className={styles.swatch}
                  style={{ borderColor: `var(${line.color})` }}
                  data-dashed={line.dashed}
                />
                {line.label}
                <b>{value === null ? '–' : words(value)}</b>
              </span>
            );
          })}
        </span>
      </figcaption>
      <div ref={box} className={styles.box} style={{ height }} role="img" aria-label={label} />
    </figure>
  );
}

function lastOf(y: readonly (number | null)[]): number | null {
  return y.findLast((value) => value !== null) ?? null;
}

type Latest = Pick<LineChartProps, 'mark' | 'ticks'>;

function optionsOf(
  target: HTMLElement,
  shape: string,
  height: number,
  latest: () => Latest,
  onHover: (index: number | null) => void,
): uPlot.Options {
  const css = (name: string) => getComputedStyle(target).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    font: AXIS_FONT,
    stroke: () => css('--text-faint'),
    grid: { stroke: () => css('--chart-grid'), width: 1 },
    ticks: { show: false },
    gap: 6,
  };
  return {
    width: Math.max(1, target.clientWidth),
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: false, range: stepRange } },
    axes: [
      { ...axis, size: 24, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
      {
        ...axis,
        size: 52,
        values: (_, at) => at.map((tick) => latest().ticks(tick)),
      },
    ],
    series: [
      {},
      ...shape.split('\n').map((line): uPlot.Series => {
        const [name = '', color = '', dashed] = line.split('|');
        return {
          label: name,
          stroke: () => css(color),
          width: 1.75,
          ...(dashed === 'true' && { dash: [5, 4] }),
          points: { size: 4 },
          spanGaps: true,
        };
      }),
    ],
    hooks: {
      setCursor: [
        (plot) => {
          onHover(plot.cursor.idx ?? null);
        },
      ],
      drawClear: [
        (plot) => {
          drawMark(plot, latest().mark ?? null, css('--text-disabled'));
        },
      ],
    },
  };
}

/** A run with one step so far still gets a range to stand in. */
function stepRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

function drawMark(plot: uPlot, mark: { index: number } | null, color: string): void {
  const step = mark === null ? undefined : plot.data[0][mark.index];
  if (step === undefined) return;
  const { ctx, bbox } = plot;
  const at = Math.round(plot.valToPos(step, 'x', true));
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(at, bbox.top);
  ctx.lineTo(at, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
