import { describe, expect, it } from 'vitest';
import type { Machine, Target } from '@/services/queries/useTargets';
import {
  aboutTarget,
  bytesBeside,
  inOrder,
  limitsOf,
  roomOf,
  roomOfAll,
  surveyedAt,
  unreachableWords,
} from './resources';

const machine = (name: string, change: Partial<Machine> = {}): Machine => ({
  name,
  alive: true,
  cores: 8,
  memory_bytes: 32e9,
  gpus: 1,
  gpu: 'L4',
  free_cores: 2,
  free_memory_bytes: 8e9,
  free_gpus: 0.5,
  ...change,
});

const cluster = (change: Partial<Target> = {}): Target => ({
  id: 'lab',
  title: 'Lab cluster',
  kind: 'ray',
  cores: 20,
  memory_bytes: 80e9,
  busy: { nodes: 0, cores: 0, memory_bytes: 0 },
  waiting: 0,
  available: true,
  remote: true,
  reached: true,
  machines: [machine('node-10'), machine('node-2', { cores: 4, gpus: 0, free_gpus: 0 })],
  ...change,
});

const local: Target = {
  ...cluster(),
  id: 'local-cpu',
  title: 'This computer (CPU)',
  cores: 2,
  memory_bytes: 4e9,
  remote: false,
};

describe('what machines have', () => {
  it('is what is there and what is taken of it', () => {
    expect(roomOf(machine('one'))).toEqual({
      cores: { total: 8, taken: 6 },
      memory: { total: 32e9, taken: 24e9 },
      gpus: { total: 1, taken: 0.5 },
    });
  });

  it('never is less than nothing, even when figures disagree', () => {
    expect(roomOf(machine('one', { free_cores: 9 })).cores.taken).toBe(0);
    expect(roomOf(machine('one', { free_cores: -1 })).cores.taken).toBe(8);
  });

  it('is written short, both figures in one unit', () => {
    const words = (free: number, total: number) =>
      `${bytesBeside(free, total, false)} of ${bytesBeside(total, total, true)}`;
    expect(words(22.4e9, 64e9)).toBe('22 of 64 GB');
    expect(words(0.4e9, 6.4e9)).toBe('0.4 of 6.4 GB');
    expect(words(0, 64e9)).toBe('0 of 64 GB');
  });

  it('counts the living together', () => {
    const { cores } = roomOfAll([machine('one'), machine('two'), machine('gone', { alive: false })]);
    expect(cores).toEqual({ total: 16, taken: 12 });
  });

  it('stands in an order that does not depend on what is taken', () => {
    expect(inOrder(cluster().machines ?? []).map(({ name }) => name)).toEqual(['node-2', 'node-10']);
  });
});

describe('a target to choose', () => {
  it('says what is free', () => {
    expect(aboutTarget(local)).toBe('2 cores · 4.0 GB · idle');
    expect(aboutTarget(cluster())).toBe('2 machines · 4 of 12 cores free · 0.5 of 1 GPUs free · idle');
    expect(aboutTarget(cluster({ waiting: 2 }))).toMatch(/2 waiting$/);
  });

  it('says why it is not to be had', () => {
    expect(aboutTarget(cluster({ available: false, reached: false, why: 'no answer' }))).toBe(
      'Never reached yet: no answer',
    );
    expect(aboutTarget({ ...local, available: false, why: null })).toBe('Not available');
  });

  it('says how far a node can spread', () => {
    expect(limitsOf(local)).toMatchObject({
      machines: 1,
      processHint: 'Processes on this computer, which has 2 cores.',
    });
    expect(limitsOf(cluster())).toEqual({
      machines: 2,
      nodeHint: 'How many machines. Lab cluster has 2 machines.',
      processHint: 'Processes on each machine. Each has 4 to 8 cores and 0 to 1 GPU.',
    });
    expect(limitsOf(cluster({ machines: [] })).machines).toBeNull();
    expect(limitsOf(undefined).machines).toBeNull();
  });
});

describe('a target out of reach', () => {
  it('says since when', () => {
    const surveyed = '2026-03-03T14:32:00Z';
    expect(surveyedAt({ surveyed })).toBe(Date.parse(surveyed) / 1000);
    expect(unreachableWords(cluster({ reached: false, surveyed }))).toMatch(/^Unreachable since /);
    expect(unreachableWords(cluster({ reached: false, surveyed: null }))).toBe('Never reached yet');
  });

  it('is told from one that answers and does not fit, and from one not looked at yet', () => {
    expect(unreachableWords(cluster({ reached: true, surveyed: null }))).toBe('Not usable');
    expect(unreachableWords(cluster({ reached: null, surveyed: null }))).toBe('Looking for it');
  });
});
