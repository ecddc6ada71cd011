// @vitest-environment jsdom
import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';

import type { LineChartProps } from '@/components/charts/chartTypes';

import { curvesOf } from './curves';
import { LearningCharts } from './LearningCharts';

vi.mock('@/components/charts/LineChart', () => ({
  LineChart: ({ title, lines }: LineChartProps) => (
    <ul aria-label={title}>
      {lines.map(({ label }, index) => (
        <li key={index}>{label}</li>
      ))}
    </ul>
  ),
}));

it('tells the lines of one chart apart by name', () => {
  const values = { train_accuracy: 0.5, val_accuracy: 0.4, val_top5: 0.9 };
  render(<LearningCharts curves={curvesOf([{ axis: 'epoch', step: 1, values }], 'epoch')} />);
  const names = [...screen.getByRole('list', { name: 'Accuracy' }).children].map((line) => line.textContent);
  expect(names).toEqual(['Training', 'Validation', 'Validation top 5']);
});
