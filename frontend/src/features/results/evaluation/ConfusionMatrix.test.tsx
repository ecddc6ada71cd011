// @vitest-environment jsdom
import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import type { EvaluatedModel } from '@/services/types.generated';

import { ConfusionMatrix } from './ConfusionMatrix';

function modelOf(size: number): EvaluatedModel {
  const labels = Array.from({ length: size }, (_, index) => `class ${String(index)}`);
  const confusion = labels.map((_, row) => labels.map((_, column) => (row === column ? 3 : 0)));
  return { labels, confusion } as unknown as EvaluatedModel;
}

it('has a cell for each pair of few classes, and one of them in the tab order', () => {
  render(<ConfusionMatrix model={modelOf(3)} />);
  const cells = screen.getAllByRole('button', { name: /taken for/ });
  expect(cells).toHaveLength(9);
  expect(cells.filter((cell) => cell.tabIndex === 0)).toHaveLength(1);
});

it('draws a thousand classes as a picture, never as a million cells', () => {
  render(<ConfusionMatrix model={modelOf(1000)} />);
  expect(screen.getByRole('img', { name: 'All 1000 classes at a glance' })).toBeInTheDocument();
  expect(screen.getByRole('grid', { name: 'Confusion matrix' })).toHaveAttribute('aria-colcount', '1001');
  expect(screen.queryAllByRole('button', { name: /taken for/ }).length).toBeLessThan(2000);
});
