import { describe, expect, it } from 'vitest';
import type { StorageAnswer } from '@/services/queries/useStorage';
import { budgetOf, budgetText, capacity, shares } from './shares';

const answer: StorageAnswer = {
  disk: { total: 1000, free: 600 },
  budget: null,
  used: {
    artifacts: 200,
    checkpoints: 100,
    attempts: 0,
    datasets: 100,
    uploads: 0,
    cache: 0,
    database: 0,
    total: 400,
  },
  collectable: 50,
};

describe('the bar of used room', () => {
  it('stands for what is used and free, or for the budget', () => {
    expect(capacity(answer)).toBe(1000);
    expect(capacity({ ...answer, budget: 500 })).toBe(500);
    expect(capacity({ ...answer, budget: 100 })).toBe(400);
  });

  it('leaves out what takes no room', () => {
    expect(shares(answer).map(({ id, share }) => [id, share])).toEqual([
      ['artifacts', 0.2],
      ['checkpoints', 0.1],
      ['datasets', 0.1],
    ]);
  });
});

describe('a budget', () => {
  it('is typed in gigabytes', () => {
    expect(budgetOf('12,5')).toBe(12_500_000_000);
    expect(budgetText(12_500_000_000)).toBe('12.5');
  });

  it('is none when nothing is typed, and refused when it is no number', () => {
    expect(budgetOf(' ')).toBeNull();
    expect(budgetOf('much')).toBeUndefined();
    expect(budgetOf('-1')).toBeUndefined();
  });
});
