import { describe, expect, it } from 'vitest';

import { backoff, isLoopback } from './backoff';

describe('backoff', () => {
  it('doubles up to fifteen seconds', () => {
    expect([0, 1, 2, 5, 6, 60].map((tries) => backoff(tries, false))).toEqual([
      250, 500, 1000, 8000, 15_000, 15_000,
    ]);
  });

  it('never waits long for a server on this machine', () => {
    expect([0, 1, 2, 60].map((tries) => backoff(tries, true))).toEqual([250, 500, 1000, 1000]);
  });

  it('knows this machine by its names', () => {
    expect(['localhost', '127.0.0.1', '[::1]', '127.example.org', '10.0.0.1'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
