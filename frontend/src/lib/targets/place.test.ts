import { expect, it } from 'vitest';
import { applyEvents, UNTOUCHED } from '@/lib/run/applyEvent';
import { eventAt, runOf } from '@/lib/run/fixtures';
import { machineOf } from './place';

it('names the machines that a node runs on, and forgets them with the next attempt', () => {
  const started = { type: 'node.started', node: 'train', target: 'lab' } as const;
  const placed = { type: 'node.placed', node: 'train' } as const;
  let run = applyEvents(runOf({ train: {} }), [
    eventAt(1, { ...started, attempt: 1 }),
    eventAt(2, { ...placed, machines: ['node-1', 'node-2'] }),
  ]);
  const words = () => machineOf(run.nodes['train'] ?? UNTOUCHED);
  expect(words()).toBe('node-1 and node-2');
  run = applyEvents(run, [eventAt(3, { ...started, attempt: 2 })]);
  expect(words()).toBeNull();
  run = applyEvents(run, [eventAt(4, { ...placed, machines: ['a', 'b', 'c', 'd', 'e'] })]);
  expect(words()).toBe('a, b, c, and 2 more');
});
