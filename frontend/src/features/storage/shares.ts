/** What takes the room, as shares of a bar. */

import type { StorageAnswer, StorageCategory } from '@/services/queries/useStorage';

export interface Share {
  readonly id: StorageCategory;
  readonly title: string;
  readonly size: number;
  /** Of the whole bar, between 0 and 1. */
  readonly share: number;
  readonly color: string;
}

const TITLES: readonly (readonly [StorageCategory, string, string])[] = [
  ['artifacts', 'Results', '--chart-1'],
  ['checkpoints', 'Checkpoints', '--chart-5'],
  ['datasets', 'Data sets', '--chart-2'],
  ['uploads', 'Unfinished uploads', '--chart-4'],
  ['attempts', 'Work under way', '--chart-3'],
  ['cache', 'Caches', '--text-faint'],
  ['database', 'History', '--text-disabled'],
];

/** How much the bar stands for: the budget where there is one, else what is used and what the disk has left. */
export function capacity({ budget, used, disk }: StorageAnswer): number {
  return Math.max(budget ?? used.total + disk.free, used.total, 1);
}

/** Every kind that takes any room, the largest parts first in a fixed order. */
export function shares(answer: StorageAnswer): readonly Share[] {
  const whole = capacity(answer);
  return TITLES.map(([id, title, color]) => ({
    id,
    title,
    color,
    size: answer.used[id],
    share: answer.used[id] / whole,
  })).filter(({ size }) => size > 0);
}

const GB = 1e9;

/** A budget as it is typed, in gigabytes; null is no limit, undefined is no number. */
export function budgetOf(text: string): number | null | undefined {
  const typed = text.trim().replace(',', '.');
  if (typed === '') return null;
  const value = Number(typed);
  return Number.isFinite(value) && value > 0 ? Math.round(value * GB) : undefined;
}

export function budgetText(budget: number | null): string {
  return budget === null ? '' : String(Number((budget / GB).toPrecision(4)));
}
