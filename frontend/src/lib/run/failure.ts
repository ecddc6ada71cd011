/** Why a node failed, as the server found out: what to call it, what helps, and what was seen before. */

import type { RunError } from './types';

export type FailureCause =
  'out-of-memory' | 'nan-loss' | 'disk-full' | 'killed' | 'time-out' | 'library-error' | 'crashed';

export interface Remedy {
  readonly text: string;
  readonly node?: string | null;
  readonly parameter?: string | null;
  readonly value?: boolean | number | string | null;
}

export interface FailureReport {
  readonly cause: FailureCause;
  /** A sentence for people. */
  readonly what: string;
  readonly remedy: Remedy | null;
  /** The last log lines: time, stream, text. */
  readonly lines: readonly (readonly [number, string, string])[];
  /** Seconds since the start, bytes. */
  readonly memory: readonly (readonly [number, number])[];
  readonly memory_limit: number | null;
  readonly exit: string | null;
  readonly seconds: number | null;
}

const TITLES: Readonly<Record<FailureCause, string>> = {
  'out-of-memory': 'Out of memory',
  'nan-loss': 'The loss became NaN',
  'disk-full': 'The disk is full',
  killed: 'Killed from outside',
  'time-out': 'It took too long',
  'library-error': 'A library failed',
  crashed: 'The process crashed',
};

/** The report that came with an error; null where there is none, or one of a kind that this page doesn't know. */
export function reportOf(error: RunError): FailureReport | null {
  const { report } = error as RunError & { report?: Partial<FailureReport> | null };
  if (report == null || typeof report.what !== 'string' || report.cause === undefined) return null;
  return {
    cause: report.cause,
    what: report.what,
    remedy: report.remedy ?? null,
    lines: report.lines ?? [],
    memory: report.memory ?? [],
    memory_limit: report.memory_limit ?? null,
    exit: report.exit ?? null,
    seconds: report.seconds ?? null,
  };
}

export function failureTitle({ cause }: FailureReport): string {
  return (TITLES as Record<string, string | undefined>)[cause] ?? 'It failed';
}

/** One short sentence, for places with little room. */
export function failureWords(error: RunError): string {
  const report = reportOf(error);
  if (report === null) return error.message.split('\n', 1)[0] ?? error.message;
  return `${failureTitle(report)}: ${report.what}`;
}
