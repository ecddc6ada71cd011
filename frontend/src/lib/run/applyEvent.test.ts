import { describe, expect, it } from 'vitest';

import { applyEvent, applyEvents } from './applyEvent';
import { eventAt, progressAt, runOf } from './fixtures';

const metric = (seq: number, step: number, values: Record<string, number>) =>
  eventAt(seq, { type: 'node.metric', node: 'train', axis: 'epoch', step, values });

describe('applyEvent', () => {
  it('changes the entry of one node only when progress comes', () => {
    const before = runOf({ train: { status: 'running' }, score: {}, split: { status: 'completed' } });
    const after = applyEvent(before, progressAt(1, 'train'));
    expect(after.nodes['train']).not.toBe(before.nodes['train']);
    expect(after.nodes['score']).toBe(before.nodes['score']);
    expect(after.nodes['split']).toBe(before.nodes['split']);
    expect(after.document).toBe(before.document);
  });

  it('leaves the run before as it was', () => {
    const before = Object.freeze(runOf({ train: {} }));
    applyEvent(before, progressAt(1, 'train'));
    expect(before.nodes['train']?.progress).toBeNull();
  });

  it('drops what the run already holds and what belongs to another run', () => {
    const run = runOf({ train: {} }, { seq: 5 });
    expect(applyEvent(run, progressAt(5, 'train'))).toBe(run);
    expect(applyEvent(run, { ...progressAt(6, 'train'), run_id: 'another' })).toBe(run);
  });

  it('touches no node when a log line comes', () => {
    const run = runOf({ train: {} });
    const after = applyEvent(
      run,
      eventAt(1, { type: 'node.log', node: 'train', lines: [[1, 'stdout', 'hi']] }),
    );
    expect(after.nodes).toBe(run.nodes);
    expect(after.seq).toBe(1);
  });

  it('follows a node from queued to completed', () => {
    const run = applyEvents(runOf({ a: {} }), [
      eventAt(1, { type: 'node.queued', node: 'a' }),
      eventAt(2, { type: 'node.started', node: 'a', attempt: 1, target: 'local-cpu', why: 'first run' }),
      progressAt(3, 'a'),
      eventAt(4, {
        type: 'node.output',
        node: 'a',
        port: 'out',
        output_type: 'T',
        digest: 'd',
        size: 1,
        files: 2,
      }),
      eventAt(5, { type: 'node.finished', node: 'a', seconds: 2.5 }),
    ]);
    expect(run.nodes['a']).toMatchObject({
      status: 'completed',
      reused: false,
      seconds: 2.5,
      target: 'local-cpu',
      why: 'first run',
      progress: null,
      outputs: { out: { type: 'T', digest: 'd', size: 1, files: 2 } },
    });
  });

  it('says how much time a reused node saved', () => {
    const run = applyEvent(
      runOf({ a: {} }),
      eventAt(1, { type: 'node.reused', node: 'a', seconds_saved: 42 }),
    );
    expect(run.nodes['a']).toMatchObject({ status: 'completed', reused: true, seconds_saved: 42 });
  });

  it('keeps why a node failed and why the next one was skipped', () => {
    const run = applyEvents(runOf({ a: {}, b: {} }), [
      eventAt(1, {
        type: 'node.failed',
        node: 'a',
        error: { code: '0018', name: 'InvalidDatasetError', message: 'No images.' },
      }),
      eventAt(2, { type: 'node.skipped', node: 'b', because: 'a' }),
      eventAt(3, { type: 'run.finished', status: 'failed', seconds: 3 }),
    ]);
    expect(run.nodes['a']?.error?.message).toBe('No images.');
    expect(run.nodes['b']).toMatchObject({ status: 'skipped', skipped_because: 'a' });
    expect(run).toMatchObject({ status: 'failed', seconds: 3 });
  });

  it('joins values of one step and keeps the steps in order', () => {
    const run = applyEvents(runOf({ train: {} }), [
      metric(1, 1, { train_loss: 2 }),
      metric(2, 3, { train_loss: 1 }),
      metric(3, 1, { val_loss: 2.2 }),
      metric(4, 2, { train_loss: 1.5 }),
    ]);
    expect(run.nodes['train']?.metrics.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(run.nodes['train']?.metrics[0]?.values).toEqual({ train_loss: 2, val_loss: 2.2 });
  });

  it('starts the curves anew when a node is tried again', () => {
    const run = applyEvents(runOf({ train: {} }), [
      eventAt(1, { type: 'node.started', node: 'train', attempt: 1, target: 'local-cpu' }),
      metric(2, 1, { train_loss: 2 }),
      eventAt(3, { type: 'node.started', node: 'train', attempt: 2, target: 'local-cpu' }),
    ]);
    expect(run.nodes['train']).toMatchObject({ attempt: 2, metrics: [], status: 'running' });
  });

  it('shows the whole curve once when a node goes on from a checkpoint', () => {
    const run = applyEvents(runOf({ train: {} }), [
      eventAt(1, { type: 'node.started', node: 'train', attempt: 1, target: 'local-cpu' }),
      metric(2, 1, { train_loss: 2 }),
      eventAt(3, {
        type: 'node.checkpoint',
        node: 'train',
        step: 40,
        epoch: 1,
        batch: 0,
        size: 9,
        digest: 'd',
      }),
      metric(4, 2, { train_loss: 1.5 }),
      eventAt(5, { type: 'node.started', node: 'train', attempt: 2, target: 'local-cpu' }),
      eventAt(6, {
        type: 'node.resumed',
        node: 'train',
        source: 'checkpoint',
        from_run: 'r',
        epoch: 1,
        batch: 0,
        message: 'Goes on after epoch 1 of 3.',
      }),
      metric(7, 1, { train_loss: 2 }),
      metric(8, 2, { train_loss: 1.5 }),
    ]);
    expect(run.nodes['train']?.metrics.map(({ step }) => step)).toEqual([1, 2]);
    expect(run.nodes['train']).toMatchObject({
      checkpoint: null,
      resumed: { source: 'checkpoint', run_id: 'r', epoch: 1 },
    });
  });
});
