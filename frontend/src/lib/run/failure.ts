/** Why a node failed, as the server found out: what to call it, what helps, and what was seen before. */

import type { FailureCause, FailureReport } from '@/services/types.generated';
import type { RunError } from './types';

export type { FailureCause, FailureReport, Remedy } from '@/services/types.generated';

const TITLES: Readonly<Record<FailureCause, string>> = {
  'out-of-memory': 'Out of memory',
  'nan-loss': 'The loss became NaN',
  'disk-full': 'The disk is full',
  killed: 'Killed from outside',
  'time-out': 'It took too long',
  'library-error': 'A library failed',
  crashed: 'The process crashed',
};

/** The report that came with an error; null where there is none. */
export function reportOf(error: RunError): FailureReport | null {
  return error.report ?? null;
}

export function failureTitle({ cause }: FailureReport): string {
  return (TITLES as Record<string, string | undefined>)[cause] ?? 'It failed';
}

/** A few words, for places with little room. */
export function failureWords(error: RunError): string {
  const report = reportOf(error);
  return report === null ? (error.message.split('\n', 1)[0] ?? error.message) : failureTitle(report);
}
