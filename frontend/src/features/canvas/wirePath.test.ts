import { expect, it } from 'vitest';
import { pathBetween, wirePath } from './wirePath';

it('runs straight between ports that lie above each other', () => {
  expect(pathBetween([0, 0], [0, 100])).toBe('M 0 0 C 0 50, 0 50, 0 100');
});

it('leaves downwards and arrives from above even when the input lies higher', () => {
  const [, leave = 0, arrive = 0] =
    /C 0 ([\d.-]+), 300 ([\d.-]+)/.exec(pathBetween([0, 0], [300, -200])) ?? [];
  expect(Number(leave)).toBeGreaterThan(40);
  expect(Number(arrive)).toBeLessThan(-240);
});

it('keeps its grips apart on a short wire', () => {
  const { near, far } = wirePath([0, 0], [0, 40]);
  expect(near[1]).toBeLessThan(far[1]);
});
