import { describe, expect, it } from 'vitest';
import { eventAt, progressAt, runOf } from './fixtures';
import { createTimeline } from './timeline';
import type { RunEvent } from './types';

const run = runOf({ a: { status: 'completed' } }, { status: 'completed', seq: 605 });
const events: RunEvent[] = [
  eventAt(1, { type: 'run.queued', name: 'A run' }),
  eventAt(2, { type: 'run.started' }),
  eventAt(3, { type: 'node.started', node: 'a', attempt: 1, target: 'local-cpu' }),
  ...Array.from({ length: 600 }, (_, index) => progressAt(4 + index, 'a', index)),
  eventAt(604, { type: 'node.finished', node: 'a', seconds: 601 }),
  eventAt(605, { type: 'run.finished', status: 'completed', seconds: 603 }),
];

describe('a run shown at any moment', () => {
  const timeline = createTimeline(run, events);

  it('goes from the first event to the last', () => {
    expect([timeline.start, timeline.end]).toEqual([101, 705]);
    expect(timeline.at(100).nodes['a']?.status).toBe('pending');
    expect(timeline.at(705)).toMatchObject({ status: 'completed', seq: 605 });
  });

  it('gives the same state forwards, backwards and in jumps', () => {
    const done = (time: number) => timeline.at(time).nodes['a']?.progress?.done;
    expect([110, 600, 111, 400, 110].map(done)).toEqual([6, 496, 7, 296, 6]);
  });

  it('draws nothing anew where nothing happened', () => {
    expect(timeline.at(300.2)).toBe(timeline.at(300.7));
  });

  it('marks where nodes began and ended', () => {
    expect(timeline.marks.map(({ kind }) => kind)).toEqual(['started', 'finished']);
  });
});
