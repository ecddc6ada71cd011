import { duration, moment } from '@/lib/run/format';
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
      if (node.waiting !== null) return firstUpper(node.waiting);
      return (node.attempt ?? 1) > 1 ? `Running, attempt ${node.attempt}` : 'Running';
    case 'queued':
      return node.waiting === null ? NODE_WORDS.queued : `Queued: ${node.waiting}`;
    default:
      return NODE_WORDS[node.status];
  }
}

/** As a sentence begins. */
export function firstUpper(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
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

/** How much of the work is safe: `safe up to epoch 3`; with `now` (seconds) also when that was. */
export function checkpointWords({ checkpoint }: NodeRun, now?: number): string | null {
  if (checkpoint === null) return null;
  const { epoch, batch, step, time } = checkpoint;
  const place = epoch === null ? `step ${step}` : placeWords(epoch, batch ?? 0);
  if (now === undefined) return `safe up to ${place}`;
  return `safe up to ${place}, ${ago(now - time)}`;
}

/** Where the node went on from; `runTime` is when the other run was made (seconds), if it was another. */
export function resumedWords({ resumed }: NodeRun, runTime: number | null): string | null {
  if (resumed === null) return null;
  const place = placeWords(resumed.epoch, resumed.batch);
  const origin = runTime === null ? '' : ` of the run of ${moment(runTime)}`;
  return `went on after ${place}${origin}`;
}

/** `epoch` counts those that are complete, and `batch` those of the one after. */
function placeWords(epoch: number, batch: number): string {
  return batch === 0 ? `epoch ${epoch}` : `batch ${batch} of epoch ${epoch + 1}`;
}

/** `just now`, `12 s ago`, `3 min ago`. */
export function ago(seconds: number): string {
  if (seconds < 2) return 'just now';
  if (seconds < 90) return `${Math.floor(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}
