import { beforeEach, describe, expect, it } from 'vitest';

import { eventAt } from './fixtures';
import { joinLogs, logStore, ranksIn, writtenBy } from './logStore';

const entry = (seq: number, text = String(seq)) => ({ seq, time: 0, stream: 'stdout', text });

describe('log lines', () => {
  beforeEach(() => {
    logStore.getState().clear();
  });

  it('are kept by node', () => {
    logStore.getState().append([
      eventAt(1, {
        type: 'node.log',
        node: 'a',
        lines: [
          [1, 'stdout', 'one'],
          [1, 'stderr', 'two'],
        ],
      }),
      eventAt(2, { type: 'node.log', node: 'b', lines: [[1, 'stdout', 'three']] }),
    ]);
    expect(logStore.getState().lines['a']?.map(({ text }) => text)).toEqual(['one', 'two']);
    expect(logStore.getState().lines['b']).toHaveLength(1);
  });

  it('are told apart by the process that wrote them', () => {
    const all = ['rank 10', 'stdout', 'rank 2', 'stderr', 'rank 2'].map((stream, seq) => ({
      ...entry(seq),
      stream,
    }));
    expect(ranksIn(all)).toEqual(['rank 2', 'rank 10']);
    expect(writtenBy(all, 0).map(({ seq }) => seq)).toEqual([1, 3]);
    expect(writtenBy(all, 2).map(({ seq }) => seq)).toEqual([2, 4]);
  });

  it('are not told twice when the server told them too', () => {
    const joined = joinLogs([entry(1), entry(3)], [entry(3), entry(4)]);
    expect(joined.map(({ seq }) => seq)).toEqual([1, 3, 4]);
  });
});
