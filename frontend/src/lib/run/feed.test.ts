import { describe, expect, it, vi } from 'vitest';

import { createFeed } from './feed';
import type { FeedLink, WatchAnswer } from './feed';
import { eventAt, progressAt, runOf } from './fixtures';
import type { Run, RunEvent } from './types';

const log = Array.from({ length: 30 }, (_, index) => progressAt(index + 1, 'a'));

/** A server that keeps a log and answers as the real one does. */
function serverWith(answer: (after: number | null) => WatchAnswer) {
  const asked: (number | null)[] = [];
  const fetched: number[] = [];
  const link: FeedLink = {
    watch: (_, after) => {
      asked.push(after);
      return Promise.resolve(answer(after));
    },
    fetchEvents: (_, after) => {
      fetched.push(after);
      const events = log.slice(after, after + 10);
      return Promise.resolve({ events, more: after + 10 < log.length });
    },
  };
  return { link, asked, fetched };
}

function listener() {
  const seen: number[] = [];
  let snapshot: Run | null = null;
  const errors: string[] = [];
  return {
    seen,
    errors,
    snapshot: () => snapshot,
    onSnapshot: (run: Run) => {
      snapshot = run;
    },
    onEvents: (events: readonly RunEvent[]) => {
      seen.push(...events.map(({ seq }) => seq));
    },
    onError: ({ message }: { message: string }) => {
      errors.push(message);
    },
  };
}

const at = (seq: number, events: readonly RunEvent[] = []): WatchAnswer => ({
  run: runOf({ a: {} }, { seq }),
  events,
});

describe('a feed', () => {
  it('hands on a snapshot first, then events without those the snapshot holds', async () => {
    const { link } = serverWith(() => at(3));
    const hears = listener();
    const feed = createFeed('run', null, link, hears);
    const syncing = feed.sync();
    for (const seq of [2, 3, 4]) feed.push(progressAt(seq, 'a')); // arrive before the answer does
    expect(hears.seen).toEqual([]);
    await syncing;
    expect(hears.snapshot()?.seq).toBe(3);
    expect(hears.seen).toEqual([4]);
  });

  it('drops events that are told twice', async () => {
    const hears = listener();
    const feed = createFeed('run', null, serverWith(() => at(0)).link, hears);
    await feed.sync();
    for (const seq of [1, 1, 2, 1, 2, 3]) feed.push(progressAt(seq, 'a'));
    expect(hears.seen).toEqual([1, 2, 3]);
  });

  it('fetches what lacks when there is a gap', async () => {
    const hears = listener();
    const { link, fetched } = serverWith(() => at(0));
    const feed = createFeed('run', null, link, hears);
    await feed.sync();
    feed.push(progressAt(1, 'a'));
    feed.push(progressAt(25, 'a'));
    await vi.waitFor(() => {
      expect(hears.seen).toEqual(log.map(({ seq }) => seq));
    });
    expect(fetched[0]).toBe(1);
  });

  it('asks only for what it missed after a cut', async () => {
    const hears = listener();
    const { link, asked } = serverWith((after) => (after === null ? at(2) : at(5, log.slice(after, 5))));
    const feed = createFeed('run', null, link, hears);
    await feed.sync();
    await feed.sync();
    expect(asked).toEqual([null, 2]);
    expect(hears.seen).toEqual([3, 4, 5]);
  });

  it('pages through a long absence', async () => {
    const hears = listener();
    const { link } = serverWith((after) =>
      after === null ? at(1) : { run: runOf({ a: {} }, { seq: 30 }), events: log.slice(1, 6), more: true },
    );
    const feed = createFeed('run', null, link, hears);
    await feed.sync();
    await feed.sync();
    await vi.waitFor(() => {
      expect(hears.seen.at(-1)).toBe(30);
    });
    expect(new Set(hears.seen).size).toBe(hears.seen.length);
  });

  it('believes a server that knows less than it did', async () => {
    const hears = listener();
    const { link } = serverWith((after) => at(after === null ? 20 : 4));
    const feed = createFeed('run', null, link, hears);
    await feed.sync();
    await feed.sync();
    expect(hears.snapshot()?.seq).toBe(4);
    feed.push(progressAt(5, 'a'));
    expect(hears.seen).toEqual([5]);
  });

  it('expects nothing more once the run is over', async () => {
    const feed = createFeed('run', null, serverWith(() => at(0)).link, listener());
    await feed.sync();
    expect(feed.active).toBe(true);
    feed.push(eventAt(1, { type: 'run.finished', status: 'completed', seconds: 1 }));
    expect(feed.active).toBe(false);
  });

  it('says when there is no such run', async () => {
    const hears = listener();
    const { link } = serverWith(() => ({
      error: { code: '0000', name: 'NotFoundError', message: 'There is no run nope.' },
    }));
    await createFeed('run', null, link, hears).sync();
    expect(hears.errors).toEqual(['There is no run nope.']);
  });
});
