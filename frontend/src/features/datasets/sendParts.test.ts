import { describe, expect, it } from 'vitest';

import { sendParts } from './sendParts';
import type { PartSender } from './sendParts';

/** A server that keeps what it gets and does at each call what the script says. */
function serverWith(script: ('cut' | 'refuse' | 'jump' | 'ok')[] = []) {
  const kept: string[] = [];
  const stalls: boolean[] = [];
  let received = 0;
  const sender: PartSender = {
    put: async (offset, part) => {
      const what = script.shift() ?? 'ok';
      if (what === 'cut') throw new Error('cut');
      if (what === 'refuse') throw new Error('refuse');
      if (what === 'jump') return 4; // the last part had arrived after all
      kept.push(`${offset}:${await part.text()}`);
      received = offset + part.size;
      return received;
    },
    retryAfter: (error) => ((error as Error).message === 'cut' ? 1 : null),
    wait: () => Promise.resolve(),
    onProgress: () => undefined,
    onStalled: (stalled) => stalls.push(stalled),
  };
  return { kept, stalls, sender };
}

const file = new Blob(['abcdefghij']);
const fresh = { received: 0, part_size: 4 };
const never = new AbortController().signal;

describe('sending a file in parts', () => {
  it('sends all of it, part by part', async () => {
    const { kept, sender } = serverWith();
    await sendParts(file, fresh, sender, never);
    expect(kept).toEqual(['0:abcd', '4:efgh', '8:ij']);
  });

  it('goes on from where the server stands', async () => {
    const { kept, sender } = serverWith();
    await sendParts(file, { received: 8, part_size: 4 }, sender, never);
    expect(kept).toEqual(['8:ij']);
  });

  it('waits for a lost connection and sends the part again', async () => {
    const { kept, stalls, sender } = serverWith(['ok', 'cut', 'cut', 'ok']);
    await sendParts(file, fresh, sender, never);
    expect(kept).toEqual(['0:abcd', '4:efgh', '8:ij']);
    expect(stalls).toEqual([true, true, false]);
  });

  it('believes the server about where to go on', async () => {
    const { kept, sender } = serverWith(['jump']);
    await sendParts(file, fresh, sender, never);
    expect(kept).toEqual(['4:efgh', '8:ij']);
  });

  it('gives up when the server refuses', async () => {
    await expect(sendParts(file, fresh, serverWith(['refuse']).sender, never)).rejects.toThrow('refuse');
  });

  it('stops when it is told to', async () => {
    const control = new AbortController();
    const { kept, sender } = serverWith();
    sender.onProgress = () => {
      control.abort();
    };
    await expect(sendParts(file, fresh, sender, control.signal)).rejects.toThrow();
    expect(kept).toEqual(['0:abcd']);
  });
});
