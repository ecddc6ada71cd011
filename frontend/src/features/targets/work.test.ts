import { expect, it } from 'vitest';
import { runOf } from '@/lib/run/fixtures';
import { workByTarget } from './work';

it('tells what runs and waits where', () => {
  const run = runOf({
    over: { status: 'completed', target: 'lab' },
    waits: { status: 'queued', waiting: 'waits for 2 more GPUs' },
    late: { status: 'running', target: 'lab', started: 120 },
    early: { status: 'running', target: 'lab', started: 110 },
    here: { status: 'running', target: 'local-cpu', started: 100 },
    later: { status: 'pending' },
  });
  for (const node of run.document.nodes) if (node.id === 'waits') node.compute_target = 'lab';
  const work = workByTarget([run]);
  expect(work.get('lab')?.map(({ nodeId, state }) => [nodeId, state])).toEqual([
    ['early', 'running'],
    ['late', 'running'],
    ['waits', 'waiting'],
  ]);
  expect(work.get('lab')?.at(-1)?.why).toBe('waits for 2 more GPUs');
  expect(work.get('local-cpu')?.map(({ nodeId }) => nodeId)).toEqual(['here']);
});
