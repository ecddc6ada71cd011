/** What compute targets have and what of it is free, in figures and in words. */

import { bytes, count, counted, moment } from '@/lib/run/format';
import type { Machine, Target } from '@/services/queries/useTargets';

/** So much of something is there, and so much of it is taken. */
export interface Share {
  readonly total: number;
  readonly taken: number;
}

export interface Room {
  readonly cores: Share;
  readonly memory: Share;
  readonly gpus: Share;
}

export function roomOf(machine: Machine): Room {
  return {
    cores: share(machine.cores, machine.free_cores),
    memory: share(machine.memory_bytes, machine.free_memory_bytes),
    gpus: share(machine.gpus, machine.free_gpus),
  };
}

/** All living machines together. */
export function roomOfAll(machines: readonly Machine[]): Room {
  const rooms = living(machines).map(roomOf);
  const sum = (part: keyof Room): Share => ({
    total: rooms.reduce((total, room) => total + room[part].total, 0),
    taken: rooms.reduce((total, room) => total + room[part].taken, 0),
  });
  return { cores: sum('cores'), memory: sum('memory'), gpus: sum('gpus') };
}

export function living(machines: readonly Machine[]): readonly Machine[] {
  return machines.filter(({ alive }) => alive);
}

function share(total: number, free: number): Share {
  return { total, taken: Math.min(total, Math.max(0, total - free)) };
}

/** Parts of cores and GPUs can be taken: `2.5`. */
export function amount(value: number): string {
  return Number.isInteger(value) ? count(value) : String(Number(value.toFixed(2)));
}

/** Bytes in the unit of a whole, to be set beside it: `42` of `64 GB`, `0.4` of `6.4 GB`. */
export function bytesBeside(value: number, total: number, unit: boolean): string {
  const whole = bytes(total).replace('.0 ', ' ');
  if (unit) return whole;
  const part = total === 0 ? 0 : (value / total) * parseFloat(whole);
  return part.toFixed(part === 0 || part >= 9.95 ? 0 : 1);
}

/** By name, as people count: `node-2` before `node-10`. The order never depends on what is taken. */
export function inOrder(machines: readonly Machine[]): readonly Machine[] {
  return machines.toSorted((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
}

/** Whether a target’s name is one of this computer’s own: for where nothing else is known of it. */
export function isLocalId(target: string): boolean {
  return /^(?:local-|mps$|cuda|xpu)/.test(target);
}

/** A target in a list to choose from: its state and what is free. */
export function aboutTarget(target: Target): string {
  const { remote = false, available, why, busy, waiting } = target;
  if (!available) return remote ? stateWords(target) : (why ?? 'Not available');
  const running = busy.nodes === 0 ? (waiting > 0 ? `${waiting} waiting` : 'idle') : `${busy.nodes} running`;
  return [remote ? freeWords(target.machines ?? []) : localWords(target), running].join(' · ');
}

function localWords({ cores, memory_bytes }: Target): string {
  return [counted(cores, 'core'), memory_bytes !== null && bytes(memory_bytes)].filter(Boolean).join(' · ');
}

/** `3 machines · 8 of 12 cores free · 1 of 2 GPUs free`. */
export function freeWords(machines: readonly Machine[]): string {
  const { cores, gpus } = roomOfAll(machines);
  return [
    counted(living(machines).length, 'machine'),
    `${amount(cores.total - cores.taken)} of ${amount(cores.total)} cores free`,
    gpus.total > 0 && `${amount(gpus.total - gpus.taken)} of ${amount(gpus.total)} GPUs free`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** What node count and process count have to do with: `3 machines`, `4 to 8 cores and 1 GPU each`. */
export interface Limits {
  /** How many machines a node may use at most; null while nobody knows. */
  readonly machines: number | null;
  readonly nodeHint: string;
  readonly processHint: string;
}

/** What `target` (undefined: nobody knows it) offers a node that runs in several processes. */
export function limitsOf(target: Target | undefined): Limits {
  const unknown = {
    machines: null,
    nodeHint: 'How many machines.',
    processHint: 'Processes on each machine.',
  };
  if (target === undefined) return unknown;
  const name = target.title || target.id;
  if (target.remote !== true) {
    return {
      machines: 1,
      nodeHint: 'How many machines. This computer is one; more need a cluster.',
      processHint: `Processes on this computer, which has ${counted(target.cores, 'core')}.`,
    };
  }
  const machines = living(target.machines ?? []);
  if (machines.length === 0)
    return { ...unknown, nodeHint: `How many machines. ${name} can’t be reached now.` };
  const gpus = range(machines.map((machine) => machine.gpus));
  const cores = range(machines.map((machine) => machine.cores));
  return {
    machines: machines.length,
    nodeHint: `How many machines. ${name} has ${counted(machines.length, 'machine')}.`,
    processHint: `Processes on each machine. ${machines.length === 1 ? 'It has' : 'Each has'} ${[
      `${cores.words} ${cores.most === 1 ? 'core' : 'cores'}`,
      gpus.most > 0 && `${gpus.words} ${gpus.most === 1 ? 'GPU' : 'GPUs'}`,
    ]
      .filter(Boolean)
      .join(' and ')}.`,
  };
}

function range(values: readonly number[]): { words: string; most: number } {
  const least = Math.min(...values);
  const most = Math.max(...values);
  return { words: least === most ? amount(most) : `${amount(least)} to ${amount(most)}`, most };
}

/** When the machines were last seen, in seconds; null where they never were. */
export function surveyedAt({ surveyed }: Pick<Target, 'surveyed'>): number | null {
  if (surveyed == null) return null;
  const milliseconds = Date.parse(surveyed);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

/** Why a cluster can't be used, in short: `Unreachable since 14:32`, `Never reached yet`, `Not usable`. */
export function unreachableWords(target: Target, now?: number): string {
  if (target.reached === true) return 'Not usable';
  if (target.reached === null) return 'Looking for it';
  const since = surveyedAt(target);
  return since === null ? 'Never reached yet' : `Unreachable since ${moment(since, now)}`;
}

/** The same with the reason. */
function stateWords(target: Target): string {
  const words = unreachableWords(target);
  return target.reached === null || !target.why ? words : `${words}: ${target.why}`;
}
