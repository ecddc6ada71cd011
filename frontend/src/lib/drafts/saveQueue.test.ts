import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PipelineDocument } from '../document/types';
import { QUIET_MS, SaveQueue, type SaveOutcome, type SaveStatus } from './saveQueue';

function named(name: string): PipelineDocument {
  return {
    format: 'torchwire/pipeline',
    version: 1,
    name,
    description: '',
    default_compute_target: 'local-cpu',
    nodes: [],
    wires: [],
  };
}

/** A server with one draft; `answers` decides what becomes of the next requests, in order. */
function server(...answers: ((document: PipelineDocument, revision: number) => SaveOutcome)[]) {
  const sent: { name: string; revision: number }[] = [];
  const steps: string[] = [];
  const statuses: SaveStatus[] = [];
  let revision = 1;
  const queue = new SaveQueue(1, {
    send: async (document, basedOn, step) => {
      steps.push(step);
      sent.push({ name: document.name, revision: basedOn });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const answer = answers.shift();
      if (answer) return answer(document, basedOn);
      revision += 1;
      return { kind: 'saved', revision };
    },
    onStatus: (status) => statuses.push(status),
    onSaved: () => undefined,
  });
  return { queue, sent, steps, last: () => statuses.at(-1) };
}

describe('SaveQueue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends a burst of edits once, as it ended', async () => {
    const { queue, sent, last } = server();
    queue.edited(named('a'), 'Rename');
    queue.edited(named('ab'), 'Rename');
    await vi.advanceTimersByTimeAsync(QUIET_MS + 60);
    expect(sent).toEqual([{ name: 'ab', revision: 1 }]);
    expect(last()).toEqual({ kind: 'saved' });
  });

  it('has sent an edit within half a second, also while typing goes on', async () => {
    expect(QUIET_MS).toBeLessThan(500);
    const { queue, sent } = server();
    for (let at = 0; at < 2000; at += 100) {
      queue.edited(named(`edit ${at}`), 'Rename');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(sent.length).toBeGreaterThan(0);
  });

  it('has one request in flight and then sends what came in between, with the new revision', async () => {
    const { queue, sent } = server();
    queue.edited(named('first'), 'Rename');
    await vi.advanceTimersByTimeAsync(QUIET_MS + 10);
    queue.edited(named('second'), 'Rename');
    queue.edited(named('third'), 'Rename');
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(sent).toEqual([
      { name: 'first', revision: 1 },
      { name: 'third', revision: 2 },
    ]);
  });

  it('says that the server is away and tries again by itself', async () => {
    const { queue, sent, last } = server(() => ({ kind: 'unreachable' }));
    queue.edited(named('a'), 'Rename');
    await vi.advanceTimersByTimeAsync(QUIET_MS + 60);
    expect(last()).toEqual({ kind: 'unreachable' });
    expect(queue.unsaved).toBe(true);
    await vi.advanceTimersByTimeAsync(1100);
    expect(sent).toHaveLength(2);
    expect(last()).toEqual({ kind: 'saved' });
  });

  it('stops at a newer draft and never sends over it', async () => {
    const newer = { revision: 7, document: named('theirs') };
    const { queue, sent, last } = server(() => ({ kind: 'stale', newer }));
    queue.edited(named('mine'), 'Rename');
    await vi.advanceTimersByTimeAsync(QUIET_MS + 60);
    queue.edited(named('mine, going on'), 'Rename');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
    expect(last()).toEqual({ kind: 'stale', newer });
    expect(await queue.flush()).toBe(false);
  });

  it('takes a newer draft that is its own, whose answer was lost, for saved', async () => {
    const { queue, last } = server(
      () => ({ kind: 'unreachable' }),
      () => ({ kind: 'stale', newer: { revision: 2, document: named('mine') } }),
    );
    queue.edited(named('mine'), 'Rename');
    await vi.advanceTimersByTimeAsync(5000);
    expect(last()).toEqual({ kind: 'saved' });
  });

  it('flushes at once', async () => {
    const { queue, sent } = server();
    queue.edited(named('a'), 'Rename');
    const flushed = queue.flush();
    await vi.advanceTimersByTimeAsync(60);
    expect(await flushed).toBe(true);
    expect(sent).toHaveLength(1);
  });

  it('stops before sending when told that it was overtaken', async () => {
    const { queue, sent, last } = server();
    queue.overtaken({ revision: 2, document: named('theirs') });
    queue.edited(named('mine'), 'Rename');
    await vi.advanceTimersByTimeAsync(5000);
    expect(sent).toHaveLength(0);
    expect(last()?.kind).toBe('stale');
  });

  it('keeps a refused document and sends the next edit', async () => {
    const { queue, sent, last } = server(() => ({ kind: 'refused', message: 'too long' }));
    queue.edited(named('a'), 'Rename');
    await vi.advanceTimersByTimeAsync(QUIET_MS + 60);
    expect(last()).toEqual({ kind: 'refused', message: 'too long' });
    queue.edited(named('b'), 'Rename');
    await vi.advanceTimersByTimeAsync(QUIET_MS + 60);
    expect(sent.map((one) => one.name)).toEqual(['a', 'b']);
    expect(last()).toEqual({ kind: 'saved' });
  });

  it('says what was done, also in what could not be sent', async () => {
    const { queue, steps } = server(() => ({ kind: 'unreachable' }));
    for (const step of ['Set Epochs', 'Set Epochs', 'Add ResNet', 'Tidy', 'Undo: Tidy']) {
      queue.edited(named(step), step);
    }
    await vi.advanceTimersByTimeAsync(QUIET_MS + 60);
    queue.edited(named('more'), 'Redo: Tidy');
    await vi.advanceTimersByTimeAsync(2000);
    queue.edited(named('last'), 'Move');
    await vi.advanceTimersByTimeAsync(QUIET_MS + 60);
    expect(steps).toEqual(['Set Epochs, Add ResNet and 2 more', 'Set Epochs, Add ResNet and 3 more', 'Move']);
  });
});
