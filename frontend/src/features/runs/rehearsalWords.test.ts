import { describe, expect, it } from 'vitest';
import type { Rehearsal } from '@/services/types.generated';
import { rehearsalWords } from './rehearsalWords';

const rehearsal = (change: Partial<Rehearsal>): Rehearsal => ({
  id: 'r',
  status: 'done',
  target: 'This computer (CPU)',
  nodes: { train: { seconds: 230 } },
  waiting: 0,
  seconds: 240,
  memory_bytes: 1_200_000_000,
  error: null,
  ...change,
});
const words = (change: Partial<Rehearsal>) => rehearsalWords(rehearsal(change), (id) => `‘${id}’`);

describe('rehearsalWords', () => {
  it('tells time, memory and target', () => {
    expect(words({})).toMatch(/^About 4 min.*, 1\.2 GB on This computer \(CPU\)\.$/);
  });
  it('tells what was measured here and will run elsewhere', () => {
    const nodes = { train: { seconds: 230, elsewhere: 'Lab cluster' }, score: { seconds: 9 } };
    expect(words({ nodes })).toMatch(
      /on This computer \(CPU\)\. Measured on this computer, but will run elsewhere: ‘train’ on Lab cluster\. /,
    );
  });
  it('tells what is missing', () => {
    const nodes = { train: { why: 'It is not known how many images there are.' } };
    expect(words({ nodes, seconds: null })).toBe('‘train’: It is not known how many images there are.');
    expect(words({ nodes: {}, seconds: 0 })).toBe('There is nothing to train or to score.');
  });
  it('tells how far it is and how it ended', () => {
    expect(words({ status: 'running', nodes: {}, waiting: 2, seconds: null })).toContain('2 nodes to go');
    expect(words({ status: 'failed', error: 'Memory ran out.' })).toBe('Memory ran out.');
    expect(words({ status: 'cancelled' })).toBe('The rehearsal was cancelled.');
  });
});
