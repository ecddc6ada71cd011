/** Says in the page's live region how the shown run goes on: what failed, and how it ended. */

import { announce } from '@/lib/announce';
import { catalogStore, nodeTitle } from '@/lib/modules/catalog';
import { readingOrder } from '@/lib/run/readingOrder';
import { duration } from '@/lib/run/format';
import { runStore } from '@/lib/run/runStore';
import { isOver, type Run } from '@/lib/run/types';

/** Announces until the returned function is called. What is told at once is one announcement: a later one replaces it. */
export function followForAnnouncements(): () => void {
  return runStore.subscribe(({ run, replaying }, { run: before, replaying: replayed }) => {
    if (run === null || before === null || run === before) return;
    if (replaying || replayed || run.id !== before.id) return;
    const news = [...failures(before, run), ...turn(before, run)];
    if (news.length > 0) announce(news.join(' '));
  });
}

/** The first node that failed, in reading order. */
export function firstFailed(run: Run | null): string | undefined {
  return run === null ? undefined : readingOrder(run.document).find((id) => hasFailed(run, id));
}

function failures(before: Run, run: Run): string[] {
  if (before.nodes === run.nodes) return [];
  return readingOrder(run.document)
    .filter((id) => hasFailed(run, id) && !hasFailed(before, id))
    .map((id) => `${titleIn(run, id)} failed: ${run.nodes[id]?.error?.message.split('\n')[0] ?? ''}`.trim());
}

function turn(before: Run, run: Run): string[] {
  if (before.status === run.status) return [];
  if (run.status === 'running') return ['The run has started.'];
  if (!isOver(run.status)) return [];
  const took = run.seconds === null ? '' : ` after ${duration(run.seconds)}`;
  return [`The run ${ENDS[run.status]}${took}.`];
}

const ENDS: Readonly<Record<string, string>> = {
  completed: 'has finished',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

function hasFailed(run: Run, nodeId: string): boolean {
  return run.nodes[nodeId]?.status === 'failed';
}

function titleIn(run: Run, nodeId: string): string {
  const node = run.document.nodes.find(({ id }) => id === nodeId);
  return node ? nodeTitle(node, catalogStore.getState().modules) : nodeId;
}
