import { duration } from '@/lib/run/format';
import { NODE_WORDS } from '@/lib/run/runFigures';
import type { NodeRun, Progress } from '@/lib/run/types';

/** The state of a node in a few words, as one would say it: `Completed in 12 s`, `Reused, saved 3 min 04 s`. */
export function stateWords(node: NodeRun): string {
  switch (node.status) {
    case 'completed':
      if (node.reused) {
        return node.seconds_saved === null ? 'Reused' : `Reused, saved ${duration(node.seconds_saved)}`;
      }
      return node.seconds === null ? 'Completed' : `Completed in ${duration(node.seconds)}`;
    case 'failed':
      return node.seconds === null ? 'Failed' : `Failed after ${duration(node.seconds)}`;
    case 'cancelled':
      return node.seconds === null ? 'Cancelled' : `Cancelled after ${duration(node.seconds)}`;
    case 'running':
      return (node.attempt ?? 1) > 1 ? `Running, attempt ${node.attempt}` : 'Running';
    default:
      return NODE_WORDS[node.status];
  }
}

/** How far the node is, between 0 and 1; null where nobody can tell. */
export function part(progress: Progress | null): number | null {
  if (progress === null || progress.total <= 0) return null;
  return Math.min(1, progress.done / progress.total);
}

export function progressWords(progress: Progress | null): string {
  if (progress === null) return 'Starting…';
  if (progress.message !== '') return progress.message;
  const unit = progress.unit === '' ? '' : ` ${progress.unit}`;
  if (progress.total <= 0) return `${progress.done.toLocaleString('en-GB')}${unit}`;
  return `${progress.done.toLocaleString('en-GB')} of ${progress.total.toLocaleString('en-GB')}${unit}`;
}

export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
