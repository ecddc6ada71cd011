import { describe, expect, it } from 'vitest';

import { UNTOUCHED } from '@/lib/run/applyEvent';
import { checkpointWords, resumedWords } from './nodeWords';

const checkpoint = { step: 52, epoch: 1, batch: 12, time: 100, size: 9 };
const resumed = { source: 'checkpoint', run_id: 'r', epoch: 1, batch: 12, message: '' } as const;

describe('where a node is safe and where it went on', () => {
  it('names the batch of the epoch that is under way', () => {
    expect(checkpointWords({ ...UNTOUCHED, checkpoint })).toBe('safe up to batch 12 of epoch 2');
    expect(resumedWords({ ...UNTOUCHED, resumed }, null)).toBe('went on after batch 12 of epoch 2');
  });

  it('names the epoch that is complete', () => {
    expect(checkpointWords({ ...UNTOUCHED, checkpoint: { ...checkpoint, batch: 0 } })).toBe(
      'safe up to epoch 1',
    );
  });

  it('says how old the checkpoint is', () => {
    expect(checkpointWords({ ...UNTOUCHED, checkpoint }, 112)).toBe(
      'safe up to batch 12 of epoch 2, 12 s ago',
    );
  });
});
