// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';

import { runOf } from '@/lib/run/fixtures';
import { api } from '@/services/http';

import { CompareView } from './CompareView';

it('compares the runs that are left when one of them was deleted', async () => {
  vi.spyOn(api, 'get').mockImplementation((path) =>
    path === 'runs/gone'
      ? Promise.reject(new Error('There is no such run.'))
      : Promise.resolve({ run: runOf({}, { id: path, name: `Run ${path}` }) }),
  );
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <CompareView runIds={['one', 'gone', 'two']} onOpenRun={() => undefined} />
    </QueryClientProvider>,
  );
  expect(await screen.findByText(/One more run can’t be shown/)).toBeVisible();
  expect(screen.getByRole('button', { name: 'Run runs/one' })).toBeVisible();
  expect(screen.getByRole('button', { name: 'Run runs/two' })).toBeVisible();
});
