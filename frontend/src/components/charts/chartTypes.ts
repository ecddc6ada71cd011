export interface ChartLine {
  label: string;
  y: readonly (number | null)[];
  /** A colour token, such as `--chart-1`. */
  color: string;
  dashed?: boolean;
}

export interface LineChartProps {
  title: string;
  /** What the chart shows, for those who don't see it. */
  label: string;
  x: readonly number[];
  xLabel: string;
  lines: readonly ChartLine[];
  height: number;
  /** How values are written in the readout, and at the axis. */
  words: (value: number) => string;
  ticks: (value: number) => string;
  /** A step to mark with a line, such as the best epoch. */
  mark?: { index: number; label: string } | null;
}
