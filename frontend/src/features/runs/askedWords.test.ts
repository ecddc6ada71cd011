import { expect, it } from 'vitest';
import { askedWords } from './askedWords';

const title = (id: string) => id.toUpperCase();

it('names the part that a run was asked for', () => {
  expect(askedWords({ asked_for: null }, title)).toBeNull();
  expect(askedWords({ asked_for: { until: ['train'] } }, title)).toBe('up to TRAIN');
  expect(askedWords({ asked_for: { only: ['a', 'b'] } }, title)).toBe('only A and B');
  expect(askedWords({ asked_for: { only: ['a', 'b', 'c'] } }, title)).toBe('only A and 2 more');
});
