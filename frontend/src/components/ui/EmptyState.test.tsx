// @vitest-environment jsdom
import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import { ErrorState } from './EmptyState';

it('says what went wrong and what to do, commands set apart', () => {
  const missing = Object.assign(new Error('Explaining needs a package that is not installed: captum.'), {
    hint: "Run `pip install 'torchwire[explain]'` where Torchwire is installed.",
  });
  render(<ErrorState title="No explanation" error={missing} />);
  expect(screen.getByRole('alert')).toHaveTextContent('is not installed: captum.');
  expect(screen.getByText("pip install 'torchwire[explain]'").tagName).toBe('CODE');
});
